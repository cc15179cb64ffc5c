using System.Globalization;
using System.Runtime.InteropServices;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Chaos;

/// <summary>
/// <c>dotnet run --project tests/EdgeRooms.Chaos -c Release -- failover|drain|rolling|hop|soak</c>: starts a Postgres and a cluster of its own, does what its
/// name says, and prints the conditions and what came of it. Exits with 1 where the checker found anything.
/// </summary>
static class ChaosCommand
{
    const string Usage = """
        dotnet run --project tests/EdgeRooms.Chaos -c Release -- COMMAND [--option value]
          failover  kill -9 of a node with --rooms 5000 live rooms: time to the first new ack in each
          drain     SIGTERM of a node with --rooms 500 rooms under load: each room's pause
          rolling   all nodes restarted under --clients 2000 in --rooms 200: lost, doubled, reordered, closed
          hop       router + node against one process of both roles, the same load (--seconds 10 each)
          soak      random faults for --minutes 10 with the checker
        Every command takes --seed N (printed when it is not given).
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        string command = args.FirstOrDefault() ?? "";
        var options = new ChaosOptions(args);
        Func<ChaosOptions, Task<int>>? run = command switch
        {
            "failover" => Failover.RunAsync,
            "drain" => Drain.RunAsync,
            "rolling" => Rolling.RunAsync,
            "hop" => Hop.RunAsync,
            "soak" => SoakCommand.RunAsync,
            _ => null,
        };
        if (run is null)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        Console.WriteLine($"{command}, seed {options.Seed}; {Environment.ProcessorCount} cores shared with the clients and Postgres, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}");
        Console.WriteLine($"Postgres with fsync and synchronous_commit on, its own, on the same machine; load average before {LoadAverage()}");
        return await run(options);
    }

    /// <summary>What the checker found; the command's exit code.</summary>
    public static async Task<int> FinishAsync(LiveCluster cluster, Load load)
    {
        var violations = await load.FinishAsync(TimeSpan.FromSeconds(60));
        Console.WriteLine($"{load.AckCount} commands acked, {load.Times}");
        Console.WriteLine($"refused with retry: {Counts(load.Refusals)}; sockets closed: {Counts(load.Closes)}");
        Console.WriteLine($"lost, doubled, reordered, holes: {violations.Count}");
        foreach (string violation in violations.Take(20))
        {
            Console.WriteLine("  " + violation);
        }

        if (violations.Count > 0)
        {
            Console.WriteLine(cluster.Said);
        }

        return violations.Count == 0 ? 0 : 1;
    }

    static string Counts(IReadOnlyDictionary<string, int> counts) =>
        counts.Count == 0 ? "0" : string.Join(", ", counts.Select(c => $"{c.Value} x {c.Key}"));

    static string LoadAverage() => File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]) : "unknown";
}

/// <summary><c>--name value</c> pairs.</summary>
sealed class ChaosOptions
{
    readonly string[] _args;

    public ChaosOptions(string[] args)
    {
        _args = args;
        Seed = Number("seed", Random.Shared.Next(1_000_000));
    }

    public int Seed { get; }

    public int Number(string name, int otherwise) =>
        Array.IndexOf(_args, $"--{name}") is >= 0 and var at && at + 1 < _args.Length ? int.Parse(_args[at + 1], CultureInfo.InvariantCulture) : otherwise;
}
