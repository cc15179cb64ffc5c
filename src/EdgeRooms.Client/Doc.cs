using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using EdgeRooms.Client.Docs;
using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client;

/// <summary>
/// The shared JSON object of a room of kind <c>doc</c>. Reads show own changes at once; what the server refuses disappears again. Use it right after the room was opened:
/// it must see all events since the state (a busy room that it came too late for is refused as <c>state_lost</c>).
/// </summary>
public sealed class Doc
{
    readonly Room _room;

    internal Doc(Room room) => _room = room;

    /// <summary>A copy of the document, or of the value at a JSON Pointer (<c>/todo/0/title</c>); undefined where there is none.</summary>
    /// <exception cref="ArgumentException">The path is no JSON Pointer.</exception>
    /// <exception cref="EdgeRoomsException"><c>state_lost</c>.</exception>
    public JsonElement Get(string path = "")
    {
        string[] tokens = TokensOf(path);
        return _room.Read(m => m.TryFollow()
            ? m.State.Read(tokens)
            : throw new EdgeRoomsException("state_lost", "Too many events have passed for the document to begin. Use room.Doc right after client.Room().", _room.Id));
    }

    /// <summary>The same as a type of yours; default where there is none.</summary>
    /// <exception cref="JsonException">The value has another shape.</exception>
    public T? Get<T>(string path, JsonTypeInfo<T> type)
    {
        var value = Get(path);
        return value.ValueKind == JsonValueKind.Undefined ? default : value.Deserialize(type);
    }

    /// <summary>Merges (RFC 7396): objects merge, null removes, everything else replaces.</summary>
    /// <inheritdoc cref="Room.SendAsync(string, JsonElement, CancellationToken)"/>
    public Task<SendResult> PatchAsync(JsonElement patch, CancellationToken cancellationToken = default) =>
        _room.SendAsync("patch", Object(json => WriteValue(json, "patch", patch)), cancellationToken);

    /// <summary>The same with a type of yours; what its context leaves out stays as it is.</summary>
    public Task<SendResult> PatchAsync<T>(T patch, JsonTypeInfo<T> type, CancellationToken cancellationToken = default) =>
        PatchAsync(Payload.Of(_room.Id, "patch", patch, type), cancellationToken);

    /// <summary>Sets the value at a JSON Pointer; missing parents are made as objects, <c>-</c> appends to an array.</summary>
    /// <param name="ifSeq">Refuse (<c>rejected</c>) where anything at, above or under the path was changed after this seq.</param>
    /// <exception cref="ArgumentException">The path is no JSON Pointer.</exception>
    public Task<SendResult> SetAsync(string path, JsonElement value, long? ifSeq = null, CancellationToken cancellationToken = default)
    {
        TokensOf(path);
        return _room.SendAsync("set", Object(json =>
        {
            json.WriteString("path", path);
            WriteValue(json, "value", value);
            if (ifSeq is { } seq)
            {
                json.WriteNumber("ifSeq", seq);
            }
        }), cancellationToken);
    }

    /// <summary>The same with a type of yours.</summary>
    public Task<SendResult> SetAsync<T>(string path, T value, JsonTypeInfo<T> type, long? ifSeq = null, CancellationToken cancellationToken = default) =>
        SetAsync(path, Payload.Of(_room.Id, "set", value, type), ifSeq, cancellationToken);

    /// <summary>
    /// Calls back with the value at a path and the seq of the document, once it is known and whenever the value becomes another; undefined where there is none. Disposing of
    /// what it returns ends that.
    /// </summary>
    /// <exception cref="ArgumentException">The path is no JSON Pointer.</exception>
    /// <exception cref="EdgeRoomsException"><c>state_lost</c>.</exception>
    public IDisposable Subscribe(string path, Action<JsonElement, long> listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        Get(path);
        return new DocSubscription(_room, path, listener);
    }

    static JsonElement Object(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return JsonElement.Parse(buffer.WrittenSpan, new JsonDocumentOptions { MaxDepth = 128 }); // what is too deep is refused in words
    }

    static void WriteValue(Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        (value.ValueKind == JsonValueKind.Undefined ? Payload.Null : value).WriteTo(json);
    }

    static string[] TokensOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Pointer.TryParse(path)
            ?? throw new ArgumentException($"'{path}' is no JSON Pointer: it is empty or begins with '/', and '~' stands only in '~0' and '~1'.", nameof(path));
    }
}
