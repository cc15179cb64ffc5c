using System.Runtime.InteropServices;

using EdgeRooms.AspNetCore;
using EdgeRooms.AspNetCore.Hosting;
using EdgeRooms.Cluster;
using EdgeRooms.Postgres;
using EdgeRooms.Postgres.Local;
using EdgeRooms.Server.Cluster;

using Npgsql;

namespace EdgeRooms.Server;

/// <summary>
/// One process from its command line to its exit code: settings checked, Postgres found, schema seen to, then the application until it is told to stop.
/// 0: ended in order; 1: a check found something; 130 and 143: by a second signal; 78 (EX_CONFIG): settings, schema or name must be put right first.
/// </summary>
static class ServerProcess
{
    /// <summary>128 and the signal's number, as shells tell it.</summary>
    const int TerminatedExitCode = 143;
    const int InterruptedExitCode = 130;

    const string DefaultUrl = "http://127.0.0.1:8080";

    public static async Task<int> RunAsync(string[] args)
    {
        string? command = args.Length > 0 && !args[0].StartsWith('-') ? args[0] : null;
        if (command is not (null or "migrate" or "check" or "cluster"))
        {
            Console.Error.WriteLine($"There is no command '{command}': use none to serve, 'migrate', 'check' or 'cluster'.");
            return OptionsProblems.ExitCode;
        }

        bool mayDownload = args.Contains("--download-postgres");
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = [.. args.Where(a => a != command && a != "--download-postgres")],
            ContentRootPath = AppContext.BaseDirectory,
        });
        bool development = builder.Environment.IsDevelopment();
        var problems = OptionsProblems.Find(builder.Configuration, development, out var options, out var host);
        problems = [.. problems, .. options.Rooms.Keys.Where(ServerApplication.IsExample)
            .Select(k => $"EdgeRooms:Rooms:{k}: '{k}' is one of this server's C# examples; give your kind another name.")];
        if (problems.Count > 0)
        {
            return Refuse(problems);
        }

        try
        {
            return await RunAsync(builder, command, options, host, mayDownload);
        }
        catch (Exception e) when (e is LocalPostgresException or DatabaseNotReadyException or NodeNameTakenException or ClusterSettingsException)
        {
            return Refuse([e.Message]);
        }
    }

    static async Task<int> RunAsync(
        WebApplicationBuilder builder, string? command, EdgeRoomsOptions options, EdgeRoomsHostOptions host, bool mayDownload)
    {
        host.DataDirectory ??= LocalPostgres.DefaultDataDirectory();
        await using var local = host.Postgres is null ? await StartPostgresAsync(host.DataDirectory, mayDownload) : null;
        string connectionString = host.Postgres ?? local!.ConnectionString; // one of the two is there
        bool isPrivate = local is not null;
        var problems = await DatabaseSetup.RunAsync(
            connectionString, host.Signals.Postgres, builder.Environment.IsDevelopment(), migrate: command == "migrate" || isPrivate || builder.Environment.IsDevelopment());
        if (problems.Count > 0)
        {
            return Refuse(problems);
        }

        if (command == "migrate")
        {
            Console.WriteLine("The database has every script of db/.");
            return 0;
        }

        if (command == "check")
        {
            return await CheckStreamsAsync(connectionString);
        }

        if (command == "cluster")
        {
            return await RunClusterAsync(builder.Configuration, host, connectionString);
        }

        using var terminate = EndAtSecond(PosixSignal.SIGTERM);
        using var interrupt = EndAtSecond(PosixSignal.SIGINT);
        await using var app = ServerApplication.Build(builder, options, host, connectionString);
        await app.StartAsync();
        Console.WriteLine($"EdgeRooms ready on {string.Join(", ", app.Urls)}");
        Console.WriteLine($"Process id {Environment.ProcessId}");
        await app.WaitForShutdownAsync();
        return Environment.ExitCode;
    }

    /// <summary>Checks every stream; 0 where all is well, else 1.</summary>
    static async Task<int> CheckStreamsAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        var result = await new StreamCheck(Console.Out).RunAsync(database, CancellationToken.None);
        Console.WriteLine(result);
        return result.Problems == 0 ? 0 : 1;
    }

    static async Task<int> RunClusterAsync(IConfiguration configuration, EdgeRoomsHostOptions host, string connectionString)
    {
        var problems = ClusterCommand.Read(configuration, out int routers, out int nodes);
        if (problems.Count > 0)
        {
            return Refuse(problems);
        }

        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true; // the processes end first
            stop.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        return await ClusterCommand.RunAsync(configuration, host, connectionString, routers, nodes, stop.Token);
    }

    public static string Url(IConfiguration configuration) => configuration["urls"] is { Length: > 0 } urls ? urls : DefaultUrl;

    /// <summary>The first signal is the host's, which drains; whoever sends another does not want to wait.</summary>
    static PosixSignalRegistration EndAtSecond(PosixSignal signal)
    {
        int signals = 0;
        return PosixSignalRegistration.Create(signal, _ =>
        {
            if (Interlocked.Increment(ref signals) > 1)
            {
                Environment.Exit(signal == PosixSignal.SIGTERM ? TerminatedExitCode : InterruptedExitCode);
            }
        });
    }

    static async Task<LocalPostgres> StartPostgresAsync(string dataDirectory, bool mayDownload)
    {
        bool isInteractive = Environment.UserInteractive && !Console.IsInputRedirected && !Console.IsOutputRedirected;
        return await LocalPostgres.StartAsync(
            new LocalPostgresOptions
            {
                DataDirectory = dataDirectory,
                AllowDownload = mayDownload,
                IsInteractive = isInteractive,
                Ask = Ask,
            },
            new Line(),
            CancellationToken.None);
    }

    static bool Ask(string question)
    {
        Console.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim().StartsWith("y", StringComparison.OrdinalIgnoreCase) == true;
    }

    static int Refuse(IEnumerable<string> problems)
    {
        foreach (string problem in problems)
        {
            Console.Error.WriteLine(problem);
        }

        return OptionsProblems.ExitCode;
    }

    /// <summary>Progress in the order told; <see cref="Progress{T}"/> would hand it to the thread pool.</summary>
    sealed class Line : IProgress<string>
    {
        public void Report(string value) => Console.WriteLine(value);
    }
}
