using System.Text.Json;

namespace EdgeRooms.Client.Protocol;

/// <summary>
/// Any frame of the client: <see cref="Type"/> says which (PROTOCOL.md, "Client to server"). What is null, or undefined as a <see cref="JsonElement"/>, is left out.
/// </summary>
sealed record ClientFrame(string Type)
{
    public long? Id { get; init; }
    public string? Room { get; init; }
    public string? Token { get; init; }
    public string? Session { get; init; }
    public string? Client { get; init; }
    public long? Since { get; init; }

    /// <summary>With a <c>send</c>, only on a resend: a number of another stream is then refused as <c>gone</c> instead of taking effect in this one.</summary>
    public string? Epoch { get; init; }
    public int? History { get; init; }
    public long? Cmd { get; init; }
    public string? Name { get; init; }
    public long? After { get; init; }
    public int? Limit { get; init; }
    public JsonElement Data { get; init; }
}
