using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeRooms.Client;

/// <summary>Something that somebody in the room, or the room itself, said without having it stored.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Data">JSON null where there is none.</param>
/// <param name="By">The user id; null for the room itself.</param>
/// <param name="Member">The member id; null for the room itself.</param>
public sealed record Ephemeral(string Name, JsonElement Data, string? By, string? Member)
{
    /// <summary>The data as a type of yours.</summary>
    /// <exception cref="JsonException">The data has another shape.</exception>
    public T? DataAs<T>(JsonTypeInfo<T> type) => Data.Deserialize(type);
}
