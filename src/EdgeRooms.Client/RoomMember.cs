using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRooms.Client;

/// <summary>Somebody in the room; one person with two sessions is two members.</summary>
public sealed record RoomMember
{
    /// <summary>The member's id in this room; <see cref="Room.Me"/> is mine.</summary>
    [JsonPropertyName("member")]
    public required string Id { get; init; }

    /// <summary>The user id of the token.</summary>
    public required string User { get; init; }

    /// <summary>Presence data, JSON null where there is none.</summary>
    public JsonElement Data { get; init; }
}
