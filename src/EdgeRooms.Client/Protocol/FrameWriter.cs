using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeRooms.Client.Protocol;

/// <summary>Frames as UTF-8 text.</summary>
static class FrameWriter
{
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ReadOnlyMemory<byte> Write(ClientFrame frame)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        json.WriteString("type"u8, frame.Type);
        WriteNumber(json, "id"u8, frame.Id);
        WriteText(json, "room"u8, frame.Room);
        WriteText(json, "token"u8, frame.Token);
        WriteText(json, "session"u8, frame.Session);
        WriteText(json, "client"u8, frame.Client);
        WriteNumber(json, "since"u8, frame.Since);
        WriteText(json, "epoch"u8, frame.Epoch);
        WriteNumber(json, "history"u8, frame.History);
        WriteNumber(json, "cmd"u8, frame.Cmd);
        WriteText(json, "name"u8, frame.Name);
        WriteNumber(json, "after"u8, frame.After);
        WriteNumber(json, "limit"u8, frame.Limit);
        if (frame.Data.ValueKind != JsonValueKind.Undefined)
        {
            json.WritePropertyName("data"u8);
            frame.Data.WriteTo(json);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }
}
