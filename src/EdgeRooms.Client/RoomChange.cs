using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeRooms.Client;

/// <summary>What a reducer applies (<see cref="Room{TState}.Optimistic(Func{TState, RoomChange, TState})"/>): an event of the log, or an own command that has no event yet.</summary>
/// <param name="Name">Of the event, or of the command as it was sent.</param>
/// <param name="Data">Of the event, or of the command as it was sent.</param>
/// <param name="Event">The event; null for an own command.</param>
public sealed record RoomChange(string Name, JsonElement Data, RoomEvent? Event)
{
    /// <summary>The data as a type of yours.</summary>
    /// <exception cref="JsonException">The data has another shape.</exception>
    public T? DataAs<T>(JsonTypeInfo<T> type) => Data.Deserialize(type);
}
