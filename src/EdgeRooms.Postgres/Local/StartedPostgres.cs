namespace EdgeRooms.Postgres.Local;

/// <summary>A running Postgres: what stops it, how it is reached, and where it is from.</summary>
sealed record StartedPostgres(IAsyncDisposable Server, string ConnectionString, string Source);
