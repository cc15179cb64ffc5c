namespace EdgeRooms.Client.Tests.Server;

/// <summary>To a counter.</summary>
sealed record Addition(long By);
