using System.Buffers;
using System.Text.Json;
using EdgeRooms.Events;

namespace EdgeRooms.Postgres;

/// <summary>The JSON of <see cref="RoomSnapshot"/>, written and cut without making objects of the state.</summary>
static class SnapshotJson
{
    public static ReadOnlyMemory<byte> Write(StoredSnapshot snapshot)
    {
        var buffer = new ArrayBufferWriter<byte>(snapshot.Engine.Length + snapshot.State.Length + 256);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WriteString("id"u8, snapshot.Room.ToString());
        json.WriteNumber("epoch"u8, snapshot.Epoch);
        json.WriteNumber("version"u8, snapshot.Version);
        json.WriteNumber("stateVersion"u8, snapshot.StateVersion);
        json.WritePropertyName("engine"u8);
        json.WriteRawValue(snapshot.Engine.Span, skipInputValidation: true);
        if (!snapshot.State.IsEmpty)
        {
            json.WritePropertyName("state"u8);
            json.WriteRawValue(snapshot.State.Span, skipInputValidation: true);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    public static StoredSnapshot Read(RoomId room, ReadOnlyMemory<byte> utf8)
    {
        long epoch = 0, version = 0;
        int stateVersion = 0;
        ReadOnlyMemory<byte> engine = default, state = default;
        var json = new Utf8JsonReader(utf8.Span);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("epoch"u8))
            {
                json.Read();
                epoch = json.GetInt64();
            }
            else if (json.ValueTextEquals("version"u8))
            {
                json.Read();
                version = json.GetInt64();
            }
            else if (json.ValueTextEquals("stateVersion"u8))
            {
                json.Read();
                stateVersion = json.GetInt32();
            }
            else if (json.ValueTextEquals("engine"u8))
            {
                engine = Cut(ref json, utf8);
            }
            else if (json.ValueTextEquals("state"u8))
            {
                state = Cut(ref json, utf8);
            }
            else
            {
                json.Skip();
            }
        }

        return new StoredSnapshot(room, epoch, version, engine, stateVersion, state);
    }

    static ReadOnlyMemory<byte> Cut(ref Utf8JsonReader json, ReadOnlyMemory<byte> utf8)
    {
        json.Read();
        int start = (int)json.TokenStartIndex;
        json.Skip();
        return utf8[start..(int)json.BytesConsumed];
    }
}
