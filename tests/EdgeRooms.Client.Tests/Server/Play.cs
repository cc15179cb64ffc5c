namespace EdgeRooms.Client.Tests.Server;

/// <summary>A move.</summary>
sealed record Play(int Cell);
