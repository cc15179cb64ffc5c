using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Sessions;

/// <summary>What every connection of a router shares. Immutable.</summary>
sealed record RouterServices(
    string NodeName,
    LimitOptions Limits,
    EngineOptions Engine,
    KindRegistry Kinds,
    IEventLog Log,
    SessionIssuer Sessions,
    ITokenValidator Tokens,
    UserLimits Users,
    TimeProvider Clock,
    Func<TimeSpan> DatabaseClockAhead,
    Meters Meters,
    ILogger Logger)
{
    /// <summary>What the tail of each followed room may hold.</summary>
    public TailShare Tails { get; } = new(Engine);
}

/// <summary>Checks tokens. Any thread; never throws for a bad one, never tells it.</summary>
interface ITokenValidator
{
    /// <summary>Who the token speaks for; null where it is bad or over.</summary>
    ValueTask<Principal?> ValidateAsync(string token);

    /// <summary>Whether a token that was good has been revoked since.</summary>
    bool IsRevoked(Principal principal) => false;
}
