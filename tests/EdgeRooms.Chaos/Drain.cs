using System.Diagnostics;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Chaos;

/// <summary>SIGTERM of a node under load: a room's pause is its longest time from a command to its ack while the node drains.</summary>
static class Drain
{
    public static async Task<int> RunAsync(ChaosOptions options)
    {
        int rooms = options.Number("rooms", 500);
        int everyMs = options.Number("every", 500);
        await using var postgres = await LivePostgres.StartNewAsync();
        await using var cluster = await LiveCluster.StartAsync(await postgres.NewDatabaseAsync(), routers: 1, nodes: 3);
        await using var load = new Load(cluster, "d", clients: rooms, rooms: rooms);
        await load.StartAsync(TimeSpan.FromMilliseconds(everyMs));
        await load.AckedAsync(rooms * 5L, TimeSpan.FromMinutes(2));
        load.Mark();
        await load.AckedAsync(rooms * 3L, TimeSpan.FromMinutes(2));
        var before = Pauses(load, null);

        var owned = (await cluster.OwnersAsync()).Where(o => o.Value == "node-1").Select(o => o.Key).ToHashSet();
        load.Mark();
        var since = Stopwatch.StartNew();
        int code = await cluster.Nodes[0].StopAsync();
        var took = since.Elapsed;
        await load.AckedAsync(rooms * 2L, TimeSpan.FromMinutes(2));

        Console.WriteLine($"1 router, 3 nodes, {rooms} rooms with a client each, a command each {everyMs} ms; {owned.Count} rooms on the node that drains");
        Console.WriteLine($"exit {code} after {took.TotalSeconds:0.0} s");
        Console.WriteLine($"longest command to ack, per room, without a drain: {before}");
        Console.WriteLine($"longest command to ack, per drained room:          {Pauses(load, owned)} (goal: p99 300 ms, no close)");
        return await ChaosCommand.FinishAsync(cluster, load);
    }

    static Spread Pauses(Load load, HashSet<string>? rooms) =>
        new(load.Clients.SelectMany(c => c.Rooms).Where(r => rooms?.Contains(r.Room) ?? true).Select(r => (float)r.LongestAck.TotalMilliseconds));
}
