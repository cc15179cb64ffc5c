using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRooms.Kinds;

/// <summary>
/// A JSON value as its UTF-8 bytes, so that what a room only passes on is neither parsed nor written anew. Not checked: give it valid JSON.
/// Empty is <c>null</c>.
/// </summary>
[JsonConverter(typeof(RawJsonConverter))]
public readonly struct RawJson : IEquatable<RawJson>
{
    readonly ReadOnlyMemory<byte> _utf8;

    /// <summary>Takes the bytes without a copy: they must not change afterwards.</summary>
    public RawJson(ReadOnlyMemory<byte> utf8) => _utf8 = OnOneLine(utf8);

    /// <summary>The value; never empty, without line ends.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8.IsEmpty ? "null"u8.ToArray() : _utf8;

    /// <summary>The same bytes; two texts of one value differ.</summary>
    public static bool operator ==(RawJson left, RawJson right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(RawJson left, RawJson right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(RawJson other) => Utf8.Span.SequenceEqual(other.Utf8.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RawJson other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(Utf8.Span);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);

    /// <summary>
    /// A line end in JSON can only stand between tokens. On the wire it ends a frame (<c>batch=1</c>) or a line of SSE, so a client's
    /// pretty print must not go through.
    /// </summary>
    static ReadOnlyMemory<byte> OnOneLine(ReadOnlyMemory<byte> utf8)
    {
        if (!utf8.Span.ContainsAny((byte)'\n', (byte)'\r'))
        {
            return utf8;
        }

        byte[] line = utf8.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        line.AsSpan().Replace((byte)'\r', (byte)' ');
        return line;
    }
}

/// <summary>Writes the bytes as they are and keeps them when reading.</summary>
sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override bool HandleNull => true;

    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return new RawJson(JsonMarshal.GetRawUtf8Value(document.RootElement).ToArray());
    }

    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
}
