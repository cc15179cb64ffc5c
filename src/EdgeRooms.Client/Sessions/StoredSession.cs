namespace EdgeRooms.Client.Sessions;

/// <summary>A session on disk.</summary>
sealed record StoredSession(string? Id, string? User);
