using System.Text.Json;

namespace EdgeRooms.Client.Rooms;

/// <summary>A state that follows the events and own commands; told in turns of the gate, read outside of them.</summary>
interface IReducer
{
    /// <summary>Of the last event in the state.</summary>
    long Seq { get; }

    /// <summary>From a <c>joined</c> or <c>reset</c>; undefined where the kind tells no state.</summary>
    void Start(JsonElement state, long seq);

    void Fold(RoomEvent next);

    /// <summary>Own commands without an event, in order; on top of what the events have made.</summary>
    void Rebase(IReadOnlyList<RoomChange> pending);

    /// <summary>Outside of turns: whether the state has become another since this was last asked.</summary>
    bool HasNews();
}
