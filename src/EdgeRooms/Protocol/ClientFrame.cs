using System.Text.Json;

namespace EdgeRooms.Protocol;

/// <summary>
/// A client's frame as read: fields that its type does not use are null. Own memory: it outlives the buffer it was read from.
/// </summary>
sealed class ClientFrame
{
    public string? Type { get; set; }

    public long? Id { get; set; }

    public string? Room { get; set; }

    public string? Name { get; set; }

    public string? Token { get; set; }

    public string? Session { get; set; }

    public long? Cmd { get; set; }

    public long? Since { get; set; }

    public long? Epoch { get; set; }

    public long? History { get; set; }

    public long? After { get; set; }

    public long? Limit { get; set; }

    /// <summary>The JSON of <c>data</c> as it came, with line breaks between tokens as spaces; empty where there was none.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    public JsonElement? DataElement => Data.IsEmpty ? null : JsonElement.Parse(Data.Span);
}
