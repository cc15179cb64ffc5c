namespace EdgeRooms.Postgres.Local;

/// <summary>The local Postgres could not be had; the message is for the user's eyes and says what to do.</summary>
sealed class LocalPostgresException(string message, Exception? inner = null) : Exception(message, inner);
