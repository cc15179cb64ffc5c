namespace EdgeRooms.Client.Sessions;

/// <summary>A room's unanswered commands and next number on disk, with whose they are.</summary>
sealed record StoredCommands(string? Session, string? User, long Next, IReadOnlyList<StoredCommand> Commands);
