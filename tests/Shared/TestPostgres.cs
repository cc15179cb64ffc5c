using EdgeRooms.Postgres.Local;
using Npgsql;

namespace EdgeRooms.Tests.Shared;

/// <summary>
/// The Postgres of a test process: the server that EDGEROOMS_TEST_POSTGRES names, else a fast private cluster in the
/// temporary folder, started at the first use and gone with the process. Where neither can be had its tests fail with
/// the error that names the choices.
/// </summary>
static class TestPostgres
{
    static readonly Lazy<Task<string>> Shared = new(StartAsync);

    /// <summary>The server's own database; for tests that need no database of their own.</summary>
    public static Task<string> ConnectionStringAsync() => Shared.Value;

    /// <summary>A fresh, empty database with a name nobody else uses. It goes with the cluster.</summary>
    public static async Task<string> NewDatabaseAsync()
    {
        var server = await ConnectionStringAsync();
        var name = $"t_{Guid.NewGuid():N}";
        // Not pooled: a connection kept open here would only hold one of the server's places.
        await using var connection = new NpgsqlConnection(server + ";Pooling=false");
        await connection.OpenAsync();
        await using var create = new NpgsqlCommand($"create database {name} template template0", connection);
        await create.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(server) { Database = name }.ConnectionString;
    }

    static async Task<string> StartAsync()
    {
        if (Environment.GetEnvironmentVariable("EDGEROOMS_TEST_POSTGRES") is { Length: > 0 } given)
            return given;

        var folder = Directory.CreateTempSubdirectory("edgerooms-tests-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var postgres = await LocalPostgres.StartAsync(
            new() { DataDirectory = folder, ForTests = true, DeleteOnStop = true },
            new Progress<string>(),
            CancellationToken.None);

        // The process does not wait for tasks when it exits, so this blocks; a killed one leaves the work to the
        // watchdog.
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            postgres.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(30));
            Directory.Delete(folder, recursive: true);
        };
        return postgres.ConnectionString;
    }
}
