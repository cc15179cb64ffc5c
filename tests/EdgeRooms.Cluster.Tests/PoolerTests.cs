using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

using EdgeRooms.Tests.Live;
using EdgeRooms.Tests.Shared;

namespace EdgeRooms.Cluster.Tests;

/// <summary>A database behind PgBouncer in transaction mode.</summary>
public sealed class PoolerTests
{
    const string Program = "/usr/sbin/pgbouncer";

    [Fact]
    public async Task Behind_a_pooler_it_runs_with_a_direct_way_for_signals_and_says_so_without_one()
    {
        if (!File.Exists(Program))
        {
            Assert.Skip("PgBouncer is not installed (.ci/run does).");
        }

        await using var postgres = await LivePostgres.StartNewAsync();
        string direct = await postgres.NewDatabaseAsync();
        await using var pooler = await Pooler.StartAsync(postgres.Port);
        string pooled = direct.Replace($"Port={postgres.Port}", $"Port={pooler.Port}", StringComparison.Ordinal);
        await using var cluster = new LiveCluster(pooled);

        var without = cluster.Make("without", "all");
        Assert.Equal(78, await without.StartToEndAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("EdgeRooms:Signals:Postgres", without.Said, StringComparison.Ordinal);

        cluster.Settings["EdgeRooms__Signals__Postgres"] = direct;
        cluster.Add("node-1", "node");
        cluster.Add("router-1", "router");
        await cluster.StartAllAsync();
        await using var load = new Load(cluster, "pooled", clients: 10, rooms: 5);
        await load.StartAsync(TimeSpan.FromMilliseconds(5));
        await load.AckedAsync(300);
        Assert.Empty(await load.FinishAsync());
    }

    /// <summary>PgBouncer in front of a server, as the user nobody, since it refuses to run as root.</summary>
    sealed class Pooler(Process process, string folder, int port) : IAsyncDisposable
    {
        public int Port => port;

        public static async Task<Pooler> StartAsync(int postgres)
        {
            string folder = Directory.CreateTempSubdirectory("pooler").FullName;
            int port = TestPorts.Free();
            string file = Path.Combine(folder, "pgbouncer.ini");
            await File.WriteAllTextAsync(file, $"""
                [databases]
                * = host=127.0.0.1 port={postgres}
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir =
                auth_type = trust
                auth_file = {folder}/users
                pool_mode = transaction
                """);
            await File.WriteAllTextAsync(Path.Combine(folder, "users"), "\"edgerooms\" \"\"\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101); // nobody reads it
            }

            var start = new ProcessStartInfo(Program) { RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (string argument in (string[])["-u", "nobody", file])
            {
                start.ArgumentList.Add(argument);
            }

            var process = Process.Start(start)!; // a program that exists
            process.OutputDataReceived += static (_, _) => { };
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            while (!await AnswersAsync(port))
            {
                await Task.Delay(20, limit.Token);
            }

            return new Pooler(process, folder, port);
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            Directory.Delete(folder, recursive: true);
        }

        static async Task<bool> AnswersAsync(int port)
        {
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
