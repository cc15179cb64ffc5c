using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeRooms.Client;

/// <summary>One entry of a room's log.</summary>
public sealed record RoomEvent
{
    /// <summary>Contiguous in the room, from 1.</summary>
    public required long Seq { get; init; }

    /// <summary>What happened.</summary>
    public required string Name { get; init; }

    /// <summary>As its kind of room has it; JSON null where there is none.</summary>
    public JsonElement Data { get; init; }

    /// <summary>The user id of who made it happen; null for what the room did by itself.</summary>
    public string? By { get; init; }

    /// <summary>The member id of who made it happen; null over HTTP and for the room itself.</summary>
    public string? Member { get; init; }

    /// <summary>The number of the command behind it, where it had one.</summary>
    public long? Cmd { get; init; }

    /// <summary>When it was stored, by the server's clock, in whole milliseconds.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>
    /// On the first event after a break in the stream: forget the events before it. Null on all others. <see cref="Room.Reset"/> tells it at once.
    /// </summary>
    public RoomReset? Reset { get; init; }

    /// <summary>The data as a type of yours.</summary>
    /// <exception cref="JsonException">The data has another shape.</exception>
    public T? DataAs<T>(JsonTypeInfo<T> type) => Data.Deserialize(type);
}
