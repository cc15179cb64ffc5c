using Microsoft.Extensions.Logging;

namespace EdgeRooms.Diagnostics;

/// <summary>
/// Every log line of the engine, ids in bands: 100 writer, 200 rooms, 300 connections, 400 node. Error = someone must look, Warning = we coped,
/// Information = once a process or view change, Debug = once a connection or activation. Never a token, never a payload.
/// </summary>
static partial class LogEvents
{
    [LoggerMessage(100, LogLevel.Warning, "An append of {Rooms} rooms was rolled back by the database; it goes again.")]
    public static partial void AppendRolledBack(this ILogger logger, Exception error, int rooms);

    [LoggerMessage(101, LogLevel.Warning, "An append of {Rooms} rooms was refused for its data; it is halved down to the guilty turn.")]
    public static partial void AppendRefused(this ILogger logger, Exception error, int rooms);

    [LoggerMessage(102, LogLevel.Warning, "The outcome of an append of {Rooms} rooms is unknown; they load again after the lane's fence is raised.")]
    public static partial void AppendInDoubt(this ILogger logger, Exception error, int rooms);

    [LoggerMessage(103, LogLevel.Warning, "Lane {Lane} cannot reach the database; commands wait.")]
    public static partial void WriterAway(this ILogger logger, Exception error, int lane);

    [LoggerMessage(200, LogLevel.Error, "Room {Room} cannot load and is parked for {Pause}.")]
    public static partial void RoomParked(this ILogger logger, Exception error, RoomId room, TimeSpan pause);

    [LoggerMessage(201, LogLevel.Warning, "Room {Room} waits for the database to load.")]
    public static partial void RoomLoadWaits(this ILogger logger, Exception error, RoomId room);

    [LoggerMessage(202, LogLevel.Warning, "Room {Room} drops its memory and loads again: {Outcome}.")]
    public static partial void RoomDropped(this ILogger logger, RoomId room, Events.AppendOutcome outcome);

    [LoggerMessage(203, LogLevel.Error, "A handler of room {Room} threw in '{Handler}'; its turn is undone.")]
    public static partial void HandlerThrew(this ILogger logger, Exception error, RoomId room, string handler);

    [LoggerMessage(204, LogLevel.Error, "A handler of room {Room} took longer than {Limit} in '{Handler}'; its turn is dropped.")]
    public static partial void HandlerTooSlow(this ILogger logger, RoomId room, TimeSpan limit, string handler);

    [LoggerMessage(205, LogLevel.Debug, "Room {Room} is in memory at seq {Seq}, epoch {Epoch}.")]
    public static partial void RoomLoaded(this ILogger logger, RoomId room, long seq, long epoch);

    [LoggerMessage(206, LogLevel.Debug, "Room {Room} leaves memory at seq {Seq}.")]
    public static partial void RoomSleeps(this ILogger logger, RoomId room, long seq);

    [LoggerMessage(207, LogLevel.Warning, "The snapshot of room {Room} was not stored.")]
    public static partial void SnapshotFailed(this ILogger logger, Exception error, RoomId room);

    [LoggerMessage(208, LogLevel.Error, "The loop of room {Room} ended by a defect; the room starts again.")]
    public static partial void RoomLoopDied(this ILogger logger, Exception error, RoomId room);

    [LoggerMessage(209, LogLevel.Warning, "Trimming room {Room} failed; it is tried again after the next snapshot.")]
    public static partial void TrimFailed(this ILogger logger, Exception error, RoomId room);

    [LoggerMessage(210, LogLevel.Error, "The database cannot store what room {Room} decided over '{What}'; its memory is loaded again without it.")]
    public static partial void TurnRefused(this ILogger logger, RoomId room, string what);

    [LoggerMessage(211, LogLevel.Error, "Room {Room} was seen at seq {Seen}, but its stream ends at {Stored}: the database lost commits. The room gets a new epoch.")]
    public static partial void StreamShorter(this ILogger logger, RoomId room, long seen, long stored);

    [LoggerMessage(300, LogLevel.Debug, "Connection {Connection} opened for {User}.")]
    public static partial void ConnectionOpened(this ILogger logger, string connection, string user);

    [LoggerMessage(301, LogLevel.Debug, "Connection {Connection} closed: {Code} {Reason}.")]
    public static partial void ConnectionClosed(this ILogger logger, string connection, int code, string reason);

    [LoggerMessage(302, LogLevel.Error, "A defect ended connection {Connection}.")]
    public static partial void ConnectionDefect(this ILogger logger, Exception error, string connection);

    [LoggerMessage(303, LogLevel.Warning, "Catching up room {Room} from the log failed; it is tried again.")]
    public static partial void CatchUpFailed(this ILogger logger, Exception error, RoomId room);

    [LoggerMessage(414, LogLevel.Warning, "The rehearsal did not go through; the first of everything will be slower.")]
    public static partial void RehearsalFailed(this ILogger logger, Exception error);

    [LoggerMessage(400, LogLevel.Information, "Node {Node} is up with boot {Boot}.")]
    public static partial void NodeUp(this ILogger logger, string node, long boot);

    [LoggerMessage(401, LogLevel.Error, "Node {Node} was fenced off; it drops its rooms and comes back with a new fence.")]
    public static partial void NodeFenced(this ILogger logger, string node);

    [LoggerMessage(402, LogLevel.Warning, "The node's lease could not be renewed.")]
    public static partial void LeaseNotRenewed(this ILogger logger, Exception error);

    [LoggerMessage(403, LogLevel.Warning, "Due alarms could not be read; they are read again in a second.")]
    public static partial void AlarmsNotRead(this ILogger logger, Exception error);

    [LoggerMessage(406, LogLevel.Warning, "The versions of the rooms in memory could not be compared with the database; they are in ten seconds.")]
    public static partial void StreamsNotCompared(this ILogger logger, Exception error);

    [LoggerMessage(407, LogLevel.Warning, "The link with {Peer} broke ({Why}); its rooms and members look for another way.")]
    public static partial void LinkBroke(this ILogger logger, string peer, string why);

    [LoggerMessage(415, LogLevel.Information, "The link with {Peer} was closed.")]
    public static partial void LinkClosed(this ILogger logger, string peer);

    /// <summary>A link's end: in order where <paramref name="why"/> is null, and then no operator needs to look.</summary>
    public static void LinkEnded(this ILogger logger, string peer, string? why)
    {
        if (why is null)
        {
            logger.LinkClosed(peer);
        }
        else
        {
            logger.LinkBroke(peer, why);
        }
    }

    [LoggerMessage(408, LogLevel.Debug, "There is no link to node {Node} yet.")]
    public static partial void LinkNotThere(this ILogger logger, Exception error, string node);

    [LoggerMessage(411, LogLevel.Warning, "A link was refused.")]
    public static partial void LinkRefused(this ILogger logger, Exception error);

    [LoggerMessage(412, LogLevel.Debug, "A connection to the link port came to nothing.")]
    public static partial void LinkNotMade(this ILogger logger, Exception error);

    [LoggerMessage(413, LogLevel.Warning, "Orders to all processes could not be read; they are read again in two seconds.")]
    public static partial void OrdersNotRead(this ILogger logger, Exception error);

    [LoggerMessage(409, LogLevel.Information, "View {Version}: {Members}.")]
    public static partial void ViewChanged(this ILogger logger, long version, string members);

    [LoggerMessage(410, LogLevel.Warning, "The view could not be read; the one before stands.")]
    public static partial void ViewNotRead(this ILogger logger, Exception error);

    [LoggerMessage(404, LogLevel.Information, "Draining: {Rooms} rooms in memory, {Connections} connections.")]
    public static partial void Draining(this ILogger logger, int rooms, int connections);

    [LoggerMessage(405, LogLevel.Critical, "The node cannot come back: {Reason}")]
    public static partial void NodeLost(this ILogger logger, string reason);
}
