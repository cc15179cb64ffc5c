using EdgeRooms.Client.Links;

namespace EdgeRooms.Client.Commands;

/// <summary>What all outboxes of a client share.</summary>
sealed record OutboxSettings(int QueueMax, Pace Pace, TimeProvider Time, Gate Gate, Random Random, Func<TimeSpan> Now);
