using System.Security.Cryptography;

using EdgeRooms.AspNetCore;
using EdgeRooms.AspNetCore.Authentication;
using EdgeRooms.AspNetCore.Hosting;

namespace EdgeRooms.Server.Cluster;

/// <summary>
/// <c>cluster --routers 2 --nodes 3</c>: a whole cluster of this program's own processes on the loopback, to try what happens when some of them die.
/// Runs until it is told to stop; then the processes end in order, routers first, and the caller ends Postgres. A process that ends by itself is
/// started again under its name.
/// </summary>
static class ClusterCommand
{
    const int ProcessesMax = 16;

    /// <summary>The counts asked for, and what is wrong with them.</summary>
    public static IReadOnlyList<string> Read(IConfiguration configuration, out int routers, out int nodes)
    {
        var problems = new List<string>();
        routers = Count(configuration, "routers", 2, problems);
        nodes = Count(configuration, "nodes", 3, problems);
        return problems;
    }

    public static async Task<int> RunAsync(
        IConfiguration configuration, EdgeRoomsHostOptions host, string connectionString, int routers, int nodes, CancellationToken stop)
    {
        var environment = new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["DOTNET_ENVIRONMENT"] = "Development",
            ["EdgeRooms__Postgres"] = connectionString,
            ["EdgeRooms__DataDirectory"] = host.DataDirectory,
            ["EdgeRooms__Auth__Secret"] = host.Auth.Secret ?? DevelopmentSecret.ReadOrCreate(host.DataDirectory!), // set by the caller
            ["EdgeRooms__Cluster__Secret"] = host.Cluster.Secret ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        };
        var first = new Uri(ServerProcess.Url(configuration));
        var children = new List<ChildProcess>();
        for (int i = 1; i <= nodes; i++)
        {
            children.Add(new ChildProcess($"node-{i}", "node", "http://127.0.0.1:0", environment));
        }

        for (int i = 1; i <= routers; i++)
        {
            children.Add(new ChildProcess($"router-{i}", "router", $"http://{first.Host}:{first.Port + i - 1}", environment));
        }

        var running = children.Select(c => c.RunAsync(stop)).ToArray();
        await Task.WhenAny(Task.WhenAll(children.Select(c => c.Ready)), Task.WhenAll(running));
        if (!stop.IsCancellationRequested)
        {
            Explain(children);
        }

        await Task.WhenAll(running);
        return children.Any(c => c.HasFailed) ? OptionsProblems.ExitCode : 0;
    }

    static void Explain(IReadOnlyList<ChildProcess> children)
    {
        var routers = children.Where(c => c.Role == "router").ToList();
        var victim = children.Last(c => c.Role == "node");
        Console.WriteLine();
        foreach (var child in children)
        {
            Console.WriteLine($"  {child.Name,-10} pid {child.Id,-8} {(child.Role == "router" ? child.Url : "")}");
        }

        Console.WriteLine($"""

              Open {routers[0].Url}/whiteboard.html#demo and {routers[^1].Url}/whiteboard.html#demo in two windows, and draw.
              kill -9 {victim.Id}   ends {victim.Name} at once: watch the whiteboard go on. It is started again under its name.
              kill {victim.Id}      drains it: its rooms go to the others first.
              Ctrl-C ends the whole cluster in order.

            """);
    }

    static int Count(IConfiguration configuration, string name, int standard, List<string> problems)
    {
        string? text = configuration[name];
        if (text is null)
        {
            return standard;
        }

        if (!int.TryParse(text, out int count) || count is < 1 or > ProcessesMax)
        {
            problems.Add($"--{name}: '{text}' is not a number from 1 to {ProcessesMax}.");
        }

        return count;
    }
}
