using System.Diagnostics;

using EdgeRooms.Tests.Shared;

using Npgsql;

namespace EdgeRooms.Tests.Live;

/// <summary>A durable Postgres with a postmaster that may be killed, which nobody else uses. Listens on the loopback, and on one address more where asked to.</summary>
sealed class LivePostgres : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("edgerooms-live-").FullName;
    readonly string? _address;
    readonly string _binaries = Path.GetDirectoryName(Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Select(p => Path.Combine(p, "initdb")).Concat(Directory.GetDirectories("/usr/lib/postgresql").Select(d => $"{d}/bin/initdb")).First(File.Exists))!;

    int _databases;

    LivePostgres(string? address) => _address = address;

    public int Port { get; private set; }

    public static async Task<LivePostgres> StartNewAsync(string? address = null)
    {
        var postgres = new LivePostgres(address);
        await postgres.InitializeAsync();
        return postgres;
    }

    public async Task<string> NewDatabaseAsync()
    {
        string name = $"live_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync("postgres", $"create database {name}");
        return ConnectionString(name);
    }

    public string ConnectionString(string database) => $"Host=127.0.0.1;Port={Port};Username=edgerooms;Database={database};Timeout=5";

    /// <summary>kill -9 of the postmaster; its backends follow by themselves.</summary>
    public async Task KillAsync() => await RunAsync("kill", "-9", (await File.ReadAllLinesAsync($"{_folder}/data/postmaster.pid"))[0]);

    /// <summary>kill -9 of a backend whose last statement is <paramref name="like"/>; Postgres then ends every other and recovers.</summary>
    public async Task KillBackendAsync(string like)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var find = new NpgsqlCommand("select pid from pg_stat_activity where query like $1 and datname like 'live%' limit 1", connection);
        find.Parameters.Add(new NpgsqlParameter { Value = like });
        await RunAsync("kill", "-9", ((int)(await find.ExecuteScalarAsync())!).ToString());
    }

    /// <summary>Starts it; after a kill as soon as the last backend is gone.</summary>
    public async Task StartAsync()
    {
        string addresses = _address is null ? "127.0.0.1" : $"127.0.0.1,{_address}";
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await AsServerAsync("pg_ctl", "-D", $"{_folder}/data", "-w", "-l", $"{_folder}/log", "-o",
            $"-p {Port} -c listen_addresses={addresses} -c unix_socket_directories={_folder} -c max_connections=400", "start") != 0)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>An orderly restart that ends every session.</summary>
    public async Task RestartAsync()
    {
        await AsServerAsync("pg_ctl", "-D", $"{_folder}/data", "-m", "fast", "-w", "stop");
        await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await AsServerAsync("pg_ctl", "-D", $"{_folder}/data", "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    async Task InitializeAsync()
    {
        Port = TestPorts.Free();
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres", _folder);
        }

        if (await AsServerAsync("initdb", "-D", $"{_folder}/data", "-A", "trust", "-U", "edgerooms", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions") != 0)
        {
            throw new InvalidOperationException("initdb failed.");
        }

        if (_address is not null)
        {
            await File.AppendAllTextAsync($"{_folder}/data/pg_hba.conf", $"host all all {_address}/24 trust\n");
        }

        await StartAsync();
    }

    async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    Task<int> AsServerAsync(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", Path.Combine(_binaries, program), .. arguments])
        : RunAsync(Path.Combine(_binaries, program), arguments);

    /// <summary>Output goes nowhere: a server that keeps a pipe would keep us waiting for its end.</summary>
    async Task<int> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", program, .. arguments]) { WorkingDirectory = _folder };
        using var process = Process.Start(start)!; // never null without UseShellExecute
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
