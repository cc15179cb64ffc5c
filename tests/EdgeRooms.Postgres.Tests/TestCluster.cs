using System.Diagnostics;
using EdgeRooms.Postgres.Tests;
using EdgeRooms.Tests.Shared;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestCluster))]

namespace EdgeRooms.Postgres.Tests;

/// <summary>
/// A Postgres of the test run's own, from the machine's binaries, without durability, with a template that has the schema. One
/// per assembly; each test makes a database of its own.
/// </summary>
public sealed class TestCluster : IAsyncLifetime
{
    const string Template = "edgerooms_template";

    readonly string _folder = Path.Combine(Path.GetTempPath(), $"edgerooms-test-{Environment.ProcessId}");
    readonly string _binaries = Environment.GetEnvironmentVariable("EDGEROOMS_PG_BIN")
        ?? Directory.GetDirectories("/usr/lib/postgresql").OrderBy(d => int.Parse(Path.GetFileName(d))).Last() + "/bin";

    int _port;
    int _databases;

    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=edgerooms;Database={database};Timeout=5";

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres", _folder);
        }

        _port = TestPorts.Free();
        await RunAsServerAsync("initdb", "-D", $"{_folder}/data", "-A", "trust", "-U", "edgerooms", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions");
        await RunAsServerAsync("pg_ctl", "-D", $"{_folder}/data", "-w", "-l", $"{_folder}/log", "-o",
            $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder} -c fsync=off -c full_page_writes=off -c max_connections=300", "start");
        await ExecuteAsync("postgres", $"create database {Template}");
        await using var database = NpgsqlDataSource.Create(ConnectionString(Template));
        await Schema.ApplyAsync(database, default);
    }

    /// <summary>The connection string of a new database that has the schema.</summary>
    public async Task<string> CreateDatabaseAsync() => await CreateAsync($"template {Template}");

    /// <summary>The connection string of a new database without anything.</summary>
    public async Task<string> CreateEmptyDatabaseAsync() => await CreateAsync("");

    /// <summary>Runs a statement that needs the superuser.</summary>
    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsServerAsync("pg_ctl", "-D", $"{_folder}/data", "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    async Task<string> CreateAsync(string options)
    {
        string name = $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync("postgres", $"create database {name} {options}");
        return ConnectionString(name);
    }

    async Task RunAsServerAsync(string program, params string[] arguments)
    {
        string path = Path.Combine(_binaries, program);
        await (Environment.IsPrivilegedProcess
            ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", path, .. arguments])
            : RunAsync(path, arguments));
    }

    async Task RunAsync(string program, params string[] arguments)
    {
        // Output goes nowhere: a server that keeps a pipe would keep us waiting for its end.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = _folder };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" >\"$0\" 2>&1 </dev/null");
        start.ArgumentList.Add(Path.Combine(_folder, $"out-{Path.GetFileName(program)}"));
        start.ArgumentList.Add(program);
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!; // never null without UseShellExecute
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}; see {_folder}");
        }
    }
}
