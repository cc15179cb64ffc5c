using MysticMind.PostgresEmbed;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// Postgres' programs from the public binaries that MysticMind.PostgresEmbed downloads. Only its download is used: its
/// server would run with fsync off and die with this process, while a <see cref="Cluster"/> over its programs is
/// durable, recovers, and drops root.
/// The download was not run on a machine without access to Maven Central.
/// </summary>
static class DownloadedPostgres
{
    /// <summary>The version for a new cluster: the newest 17, as in Docker.</summary>
    const int MajorVersion = 17;

    /// <summary>Downloads into the folder and returns the programs' folder.</summary>
    public static async Task<string> InstallAsync(string folder, int? majorVersion, CancellationToken cancellation)
    {
        await using var server = new PgServer(new PgServerOptions
        {
            PgVersion = $"{majorVersion ?? MajorVersion}",
            DbDir = folder,
            BinariesDir = folder,
            Locale = "C",
            DownloadRetryCount = 1,
        });
        try
        {
            await server.InstallAsync(cancellation);
            return server.PgBinDir;
        }
        catch (PostgresEmbedException e)
        {
            throw new LocalPostgresException($"The download of Postgres failed: {e.Message}", e);
        }
    }
}
