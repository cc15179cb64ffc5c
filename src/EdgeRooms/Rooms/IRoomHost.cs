using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>What a room's loop needs of its node. Called by the loop.</summary>
interface IRoomHost
{
    /// <summary>Whether the node's lease stands: without it a room runs no turn, since it could not know what another owner did.</summary>
    bool MaySpeak { get; }

    /// <summary>
    /// Claims the room, reads it, and asks every router for its members, together with other rooms that wait. Throws
    /// <see cref="RoomElsewhereException"/> where a live node has it.
    /// </summary>
    Task<LoadedRoom> ClaimAndLoadAsync(RoomId room);

    /// <summary>To the room's lane; waits while its queue is full.</summary>
    ValueTask EnqueueAsync(AppendGroup group);

    /// <summary>
    /// The loop has ended with nothing in flight: gives the room up, then starts its next loop with what still came in, or (where the room goes to
    /// another node) gives that back to the routers.
    /// </summary>
    Task EndedAsync(RoomLoop loop, RoomEnd end);
}

/// <summary>A claimed room as the log has it, and the routers that follow it.</summary>
sealed record LoadedRoom(StoredRoom Stored, long Claim, IReadOnlyList<Follow> Follows);

/// <summary>How a room's loop ended.</summary>
/// <param name="HasMoved">Whether routers are to look for the room elsewhere.</param>
/// <param name="Owner">Where, if that is known.</param>
/// <param name="WasGiven">Whether this node had the room and gave it to that owner.</param>
sealed record RoomEnd(bool HasMoved, string? Owner, bool WasGiven);

/// <summary>Another live node owns the room.</summary>
sealed class RoomElsewhereException(RoomId room, string owner) : Exception($"{room} is on node {owner}.")
{
    public string Owner => owner;
}

/// <summary>The room's memory was dropped under a handler that waited: its turn will never count.</summary>
sealed class ActivationLostException() : Exception("The room's memory was dropped.");
