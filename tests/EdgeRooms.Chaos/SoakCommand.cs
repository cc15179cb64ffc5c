using EdgeRooms.Tests.Live;

namespace EdgeRooms.Chaos;

/// <summary>Random faults for as long as asked.</summary>
static class SoakCommand
{
    public static async Task<int> RunAsync(ChaosOptions options)
    {
        int clients = options.Number("clients", 100);
        int rooms = options.Number("rooms", 50);
        int everyMs = options.Number("every", 100);
        var time = TimeSpan.FromMinutes(options.Number("minutes", 10));
        await using var postgres = await LivePostgres.StartNewAsync();
        await using var cluster = await LiveCluster.StartAsync(await postgres.NewDatabaseAsync(), routers: 2, nodes: 3);
        await using var load = new Load(cluster, "s", clients, rooms);
        Console.WriteLine($"2 routers, 3 nodes, {clients} clients in {rooms} rooms, a command each {everyMs} ms a client, {time.TotalMinutes} minutes");
        await load.StartAsync(TimeSpan.FromMilliseconds(everyMs));
        var soak = new Soak(postgres, cluster, load, options.Seed, line => Console.WriteLine($"{DateTime.UtcNow:HH:mm:ss} {line}"));
        try
        {
            await soak.RunAsync(time);
        }
        catch (TimeoutException e)
        {
            load.Violation(e.Message);
        }

        Console.WriteLine("faults: " + string.Join(", ", soak.Faults.Select(f => $"{f.Value} x {f.Key}")));
        return await ChaosCommand.FinishAsync(cluster, load);
    }
}
