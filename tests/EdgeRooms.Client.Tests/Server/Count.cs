namespace EdgeRooms.Client.Tests.Server;

/// <summary>The state of a counter.</summary>
sealed record Count(long Value);
