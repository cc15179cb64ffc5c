using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client;

/// <summary>
/// Every log line of the client, ids from 700 on. Warning = we coped or somebody must look at their own code, Debug = once a connection. Never a token, never a payload.
/// </summary>
static partial class LogEvents
{
    [LoggerMessage(700, LogLevel.Debug, "Connected to {Node} as {User}.")]
    public static partial void Connected(this ILogger logger, string? node, string? user);

    [LoggerMessage(701, LogLevel.Debug, "The connection ended: {Code} {Reason}.")]
    public static partial void Disconnected(this ILogger logger, int code, string reason);

    [LoggerMessage(702, LogLevel.Debug, "The next connection is tried in {Delay}.")]
    public static partial void ComingBack(this ILogger logger, TimeSpan delay);

    [LoggerMessage(703, LogLevel.Warning, "The token provider threw; it is asked again.")]
    public static partial void NoToken(this ILogger logger, Exception error);

    [LoggerMessage(704, LogLevel.Warning, "The client has stopped for good ({Code}): {Why}")]
    public static partial void Stopped(this ILogger logger, string code, string why);

    [LoggerMessage(705, LogLevel.Warning, "A handler threw; the client goes on.")]
    public static partial void HandlerThrew(this ILogger logger, Exception error);

    [LoggerMessage(706, LogLevel.Debug, "The connection is given up to get a fresh one.")]
    public static partial void Restarting(this ILogger logger);

    [LoggerMessage(707, LogLevel.Warning, "Room {Room} ended ({Code}): {Why}")]
    public static partial void RoomEnded(this ILogger logger, string room, string code, string why);

    [LoggerMessage(708, LogLevel.Debug, "No connection could be made.")]
    public static partial void NotConnected(this ILogger logger, Exception error);

    [LoggerMessage(709, LogLevel.Warning, "The server says, of no room: {Code} {Message}")]
    public static partial void ServerSays(this ILogger logger, string? code, string? message);

    [LoggerMessage(710, LogLevel.Warning, "The session's store failed; the next process will begin a new session.")]
    public static partial void StoreFailed(this ILogger logger, Exception error);

    [LoggerMessage(711, LogLevel.Warning, "A command that nobody waits for was refused ({Code}): {Message}")]
    public static partial void Unheard(this ILogger logger, string code, string message);
}
