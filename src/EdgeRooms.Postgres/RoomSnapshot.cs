using System.Text.Json;

namespace EdgeRooms.Postgres;

/// <summary>
/// A room's last snapshot as a Marten document, for queries. EdgeRooms writes it by a function of its own and reads it as bytes;
/// never store one through Marten.
/// </summary>
public sealed class RoomSnapshot
{
    /// <summary>The room's id.</summary>
    public string Id { get; set; } = "";

    /// <summary>Epoch of the stream it was made from.</summary>
    public long Epoch { get; set; }

    /// <summary>The stream version whose state it is.</summary>
    public long Version { get; set; }

    /// <summary>EdgeRooms' own part: who sent what last, recorded members.</summary>
    public JsonElement Engine { get; set; }

    /// <summary><see cref="RoomKindOptions.StateVersion"/> when it was made.</summary>
    public int StateVersion { get; set; }

    /// <summary>The kind's state; undefined for kinds without one.</summary>
    public JsonElement State { get; set; }
}
