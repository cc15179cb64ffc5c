using Npgsql;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// Where the cluster is or will be, which programs can run it, and its start up to a database to use.
/// </summary>
sealed record ClusterStart(
    ClusterFolder Folder, DroppedUser? User, LocalPostgresOptions Options, IProgress<string> Progress)
{
    /// <summary>Beside the cluster, where the dropped user may read it too.</summary>
    public string DownloadFolder =>
        Path.Combine(Path.GetDirectoryName(Folder.Root)!, "binaries"); // Root has a parent by construction

    /// <summary>The best there is for a new cluster; for one that exists, its own major version.</summary>
    public PostgresBinaries? Choose(IReadOnlyList<PostgresBinaries> found) =>
        found.FirstOrDefault(b => Folder.MajorVersion is not { } needed || b.MajorVersion == needed);

    public string WhyNone(IReadOnlyList<PostgresBinaries> found) => Folder.MajorVersion is not { } needed
        ? "no Postgres programs were found in PATH, by pg_config or in the usual places"
        : $"the rooms in {Folder.Data} were stored by Postgres {needed}, which only Postgres {needed} can read; found "
            + (found.Count == 0 ? "none" : string.Join(", ", found.Select(b => $"{b.MajorVersion} in {b.Folder}")));

    /// <summary>What an earlier run downloaded.</summary>
    public async Task<PostgresBinaries?> FindDownloadedAsync(CancellationToken cancellation)
    {
        var places = new MachinePlaces { Usual = [Path.Combine(DownloadFolder, "postgres-*", "bin")] };
        return Choose(await PostgresBinaries.FindAsync(places, cancellation));
    }

    public async Task<StartedPostgres> RunAsync(
        PostgresBinaries binaries, string source, CancellationToken cancellation)
    {
        var cluster = await Cluster.StartAsync(binaries, Folder, User, Options, Progress, cancellation);
        try
        {
            var connection = new NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1",
                Port = cluster.Port,
                Username = LocalPostgres.User,
                Password = cluster.Password,
                Database = LocalPostgres.Database,
            };
            await EnsureDatabaseAsync(connection, cancellation);
            return new(cluster, connection.ConnectionString, source);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    static async Task EnsureDatabaseAsync(NpgsqlConnectionStringBuilder target, CancellationToken cancellation)
    {
        var maintenance = new NpgsqlConnectionStringBuilder(target.ConnectionString)
        {
            Database = "postgres",
            Pooling = false,
        };
        await using var connection = new NpgsqlConnection(maintenance.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection)
        {
            Parameters = { new() { Value = LocalPostgres.Database } },
        };
        if (await exists.ExecuteScalarAsync(cancellation) is not null)
            return;
        await using var create = new NpgsqlCommand(
            $"create database {LocalPostgres.Database} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'",
            connection);
        await create.ExecuteNonQueryAsync(cancellation);
    }
}
