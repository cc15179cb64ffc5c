using EdgeRooms.Diagnostics;
using EdgeRooms.Events;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Rooms;

/// <summary>What every room of a node shares. Immutable.</summary>
sealed record RoomServices(
    EngineOptions Engine,
    LimitOptions Limits,
    IEventLog Log,
    TimeProvider Clock,
    Meters Meters,
    ILogger Logger,
    INewRoomLimit NewRooms,
    MemberIds MemberIds)
{
    /// <summary>What each room's tail may hold.</summary>
    public TailShare Tails { get; } = new(Engine);
}

/// <summary>Whether a user may bring one more room into being.</summary>
interface INewRoomLimit
{
    /// <summary>Null where it may, which counts the room; else the time until it may.</summary>
    TimeSpan? TakeNewRoom(string user);
}

/// <summary>
/// Member ids: a keyed hash of room and session (HARD-CASES 23), so the same on every node and after every restart, and of no use to guess the
/// session from.
/// </summary>
sealed class MemberIds(ReadOnlyMemory<byte> key)
{
    public string Of(RoomId room, string session)
    {
        Span<byte> hash = stackalloc byte[32];
        System.Security.Cryptography.HMACSHA256.HashData(
            key.Span, System.Text.Encoding.UTF8.GetBytes($"member\n{room}\n{session}"), hash);
        return System.Buffers.Text.Base64Url.EncodeToString(hash[..12]);
    }
}
