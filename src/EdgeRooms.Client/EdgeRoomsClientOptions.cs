using System.Net.WebSockets;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client;

/// <summary>How a client works; only <see cref="Token"/> is required.</summary>
public sealed record EdgeRoomsClientOptions
{
    /// <summary>
    /// Returns a fresh JWT: asked at each connect, before the old one ends, and by <see cref="Room.AtAsync(long, CancellationToken)"/>. What it throws is
    /// tried again, but for an <see cref="EdgeRoomsException"/> with <see cref="EdgeRoomsException.Retry"/> false, which ends the client.
    /// </summary>
    public required Func<CancellationToken, Task<string>> Token { get; init; }

    /// <summary>Where connects, closes and copings are told; nowhere by default. Never a token, never a payload.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>
    /// Keeps the session and its unanswered commands, so that the next process goes on as the same session and what was on its way takes effect once; nowhere by default.
    /// The commands of a room go when the room is opened again; their outcome is told by <see cref="Room.Error"/> where they are refused.
    /// </summary>
    public ISessionStore? Store { get; init; }

    /// <summary>Commands that may wait in one room: 1 or more, 1,000 by default. One more is refused as <c>queue_full</c>.</summary>
    public int QueueMax { get; init; } = 1_000;

    /// <summary>The time by which the client waits; the system's by default.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Called for each new socket before it connects: proxy, certificates, headers.</summary>
    public Action<ClientWebSocketOptions>? ConfigureSocket { get; init; }
}
