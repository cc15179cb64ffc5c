using System.Text.Json;

namespace EdgeRooms.Client.Protocol;

/// <summary>What HTTP answers to a question for a past state: the state, or problem details (RFC 9457).</summary>
sealed record PastReply
{
    public JsonElement State { get; init; }
    public string? Code { get; init; }
    public string? Title { get; init; }
    public string? Detail { get; init; }
    public bool Retry { get; init; }
}
