using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using Npgsql;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A durable Postgres with a postmaster that may be killed, which nobody else uses.</summary>
public sealed class OwnPostgres : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("edgerooms-own-").FullName;
    readonly string _binaries = Path.GetDirectoryName(Environment.GetEnvironmentVariable("PATH")!.Split(':')
        .Select(p => Path.Combine(p, "initdb")).Concat(Directory.GetDirectories("/usr/lib/postgresql").Select(d => $"{d}/bin/initdb")).First(File.Exists))!;

    int _port;
    int _databases;

    public async ValueTask InitializeAsync()
    {
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            _port = ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "postgres", _folder);
        }

        Assert.Equal(0, await AsServerAsync("initdb", "-D", $"{_folder}/data", "-A", "trust", "-U", "edgerooms", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"));
        await StartAsync();
    }

    public async Task<string> NewDatabaseAsync()
    {
        string name = $"own_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"create database {name}");
        return ConnectionString(name);
    }

    /// <summary>kill -9 of the postmaster; its backends follow by themselves.</summary>
    public async Task KillAsync() => await RunAsync("kill", "-9", (await File.ReadAllLinesAsync($"{_folder}/data/postmaster.pid"))[0]);

    /// <summary>kill -9 of a backend that has appended; Postgres then ends every other and recovers.</summary>
    public async Task KillBackendAsync(string like)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync();
        await using var find = new NpgsqlCommand("select pid from pg_stat_activity where query like $1 and datname like 'own%' limit 1", connection);
        find.Parameters.Add(new NpgsqlParameter { Value = like });
        await RunAsync("kill", "-9", ((int)(await find.ExecuteScalarAsync())!).ToString());
    }

    /// <summary>Starts it; after a kill as soon as the last backend is gone.</summary>
    public async Task StartAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await AsServerAsync("pg_ctl", "-D", $"{_folder}/data", "-w", "-l", $"{_folder}/log", "-o",
            $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder}", "start") != 0)
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await AsServerAsync("pg_ctl", "-D", $"{_folder}/data", "-m", "immediate", "-w", "stop");
        Directory.Delete(_folder, recursive: true);
    }

    string ConnectionString(string database) => $"Host=127.0.0.1;Port={_port};Username=edgerooms;Database={database};Timeout=5";

    async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
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
