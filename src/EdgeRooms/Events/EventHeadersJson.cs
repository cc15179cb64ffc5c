using System.Buffers;
using System.Text.Json;

namespace EdgeRooms.Events;

/// <summary>The frozen JSON of <see cref="EventHeaders"/>; unknown fields of a newer version are skipped.</summary>
static class EventHeadersJson
{
    /// <summary>The usual case, every number up to the command's took effect, in one character.</summary>
    const string AllEffects = "*";

    [ThreadStatic]
    static ArrayBufferWriter<byte>? t_buffer;

    [ThreadStatic]
    static Utf8JsonWriter? t_json;

    public static ReadOnlyMemory<byte> Write(EventHeaders headers)
    {
        var buffer = t_buffer ??= new ArrayBufferWriter<byte>(512);
        var json = t_json ??= new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        buffer.ResetWrittenCount();
        json.Reset();
        json.WriteStartObject();
        WriteText(json, "s"u8, headers.Session);
        if (headers.Cmd is { } cmd)
        {
            json.WriteNumber("c"u8, cmd);
        }

        WriteText(json, "m"u8, headers.Member);
        WriteText(json, "u"u8, headers.User);
        WriteText(json, "k"u8, headers.Key);
        WriteText(json, "h"u8, headers.KeyHash);
        if (headers.Effects is { } set)
        {
            json.WriteString("e"u8, set == EffectSet.All(headers.Cmd ?? 0) ? AllEffects : set.ToString());
        }

        if (!headers.Result.IsEmpty)
        {
            json.WritePropertyName("r"u8);
            json.WriteRawValue(headers.Result.Span, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    public static EventHeaders Read(ReadOnlyMemory<byte> utf8)
    {
        string? session = null, member = null, user = null, key = null, keyHash = null;
        long? cmd = null;
        string? effects = null;
        ReadOnlyMemory<byte> result = default;
        if (utf8.IsEmpty)
        {
            return new EventHeaders(null);
        }

        var json = new Utf8JsonReader(utf8.Span);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            byte name = json.ValueSpan.Length == 1 ? json.ValueSpan[0] : (byte)0;
            json.Read();
            switch (name)
            {
                case (byte)'s': session = json.GetString(); break;
                case (byte)'c': cmd = json.GetInt64(); break;
                case (byte)'m': member = json.GetString(); break;
                case (byte)'u': user = json.GetString(); break;
                case (byte)'k': key = json.GetString(); break;
                case (byte)'h': keyHash = json.GetString(); break;
                case (byte)'e': effects = json.GetString(); break;
                case (byte)'r':
                    int start = (int)json.TokenStartIndex;
                    json.Skip();
                    result = utf8[start..(int)json.BytesConsumed];
                    break;
                default: json.Skip(); break;
            }
        }

        EffectSet? set = effects is null ? null : effects == AllEffects ? EffectSet.All(cmd ?? 0) : EffectSet.Parse(effects);
        return new EventHeaders(user, session, cmd, member, key, keyHash, set, result);
    }

    static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }
}
