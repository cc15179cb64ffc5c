using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>What a room's loop needs of its node. Called by the loop.</summary>
interface IRoomHost
{
    /// <summary>The router that follows the node's rooms.</summary>
    IRouterLink Router { get; }

    /// <summary>Claims the room and reads it, together with other rooms that wait. Throws <see cref="RoomElsewhereException"/> where a live node has it.</summary>
    Task<(StoredRoom Room, long Claim)> ClaimAndLoadAsync(RoomId room);

    /// <summary>To the room's lane; waits while its queue is full.</summary>
    ValueTask EnqueueAsync(AppendGroup group);

    /// <summary>The loop has ended with nothing in flight: give the room up, or start its next loop with what still came in.</summary>
    Task EndedAsync(RoomLoop loop);
}

/// <summary>Another live node owns the room.</summary>
sealed class RoomElsewhereException(RoomId room, string owner) : Exception($"{room} is on node {owner}; try again in a moment.");
