using EdgeRooms.Tests.Live;

namespace EdgeRooms.Chaos;

/// <summary>Every node restarted, one after the other, under load.</summary>
static class Rolling
{
    public static async Task<int> RunAsync(ChaosOptions options)
    {
        int clients = options.Number("clients", 2000);
        int rooms = options.Number("rooms", 200);
        int everyMs = options.Number("every", 4000);
        await using var postgres = await LivePostgres.StartNewAsync();
        await using var cluster = await LiveCluster.StartAsync(await postgres.NewDatabaseAsync(), routers: 2, nodes: 3);
        await using var load = new Load(cluster, "r", clients, rooms);
        await load.StartAsync(TimeSpan.FromMilliseconds(everyMs));
        Console.WriteLine($"2 routers, 3 nodes, {clients} clients in {rooms} rooms, a command each {everyMs} ms a client");
        foreach (var node in cluster.Nodes)
        {
            await load.AckedAsync(clients / 2, TimeSpan.FromMinutes(1));
            int code = await node.StopAsync();
            await load.AckedAsync(clients / 2, TimeSpan.FromMinutes(1));
            await node.StartAsync();
            Console.WriteLine($"{node.Name} exited with {code} and is back; {load.AckCount} acks");
        }

        await load.AckedAsync(clients / 2, TimeSpan.FromMinutes(1));
        return await ChaosCommand.FinishAsync(cluster, load);
    }
}
