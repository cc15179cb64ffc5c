using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRooms;

/// <summary>A JSON value that passes through unread: written as the bytes it came as, read back as an equal value.</summary>
/// <param name="Utf8">UTF-8 JSON; empty stands for <c>null</c>.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct RawJson(ReadOnlyMemory<byte> Utf8)
{
    /// <inheritdoc/>
    public override string ToString() => Utf8.IsEmpty ? "null" : System.Text.Encoding.UTF8.GetString(Utf8.Span);

    sealed class Converter : JsonConverter<RawJson>
    {
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return new RawJson(JsonSerializer.SerializeToUtf8Bytes(document.RootElement));
        }

        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options)
        {
            if (value.Utf8.IsEmpty)
            {
                writer.WriteNullValue();
            }
            else
            {
                writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
            }
        }
    }
}
