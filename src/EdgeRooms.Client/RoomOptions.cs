using System.Text.Json;

namespace EdgeRooms.Client;

/// <summary>How a room is opened.</summary>
public sealed record RoomOptions
{
    /// <summary>My presence data, which the members see; none by default. Replaced by <see cref="Room.PresenceAsync(JsonElement)"/>.</summary>
    public JsonElement Presence { get; init; }

    /// <summary>How many past events come first, at most: 0 to 500, by default 0. Where the room was open already, its first opener's number counts.</summary>
    public int History { get; init; }
}
