using EdgeRooms.Tests.Live;

namespace EdgeRooms.Chaos;

/// <summary>kill -9 of a node that has nearly all of the rooms: how long until each has acked a command that was sent after the kill.</summary>
static class Failover
{
    public static async Task<int> RunAsync(ChaosOptions options)
    {
        int rooms = options.Number("rooms", 5000);
        await using var postgres = await LivePostgres.StartNewAsync();
        await using var cluster = new LiveCluster(await postgres.NewDatabaseAsync());
        var victim = cluster.Add("victim", "node", new Dictionary<string, string> { ["EdgeRooms__Cluster__Weight"] = "100" });
        cluster.Add("node-2", "node");
        cluster.Add("node-3", "node");
        cluster.Add("router-1", "router");
        await cluster.StartAllAsync();

        // One session in each room, a hundred rooms a socket; the ring gives the victim a hundred of 102 shares.
        await using var load = new Load(cluster, "f", clients: rooms / 100, rooms: rooms, window: 4, roomsEach: 100);
        await load.StartAsync(sends: false);
        for (int round = 0; round < 3; round++)
        {
            var acked = load.AckedAsync(rooms, TimeSpan.FromMinutes(2));
            load.Mark();
            Send(load);
            await acked;
        }

        var usual = Times(load, null);

        var owned = (await cluster.OwnersAsync()).Where(o => o.Value == "victim").Select(o => o.Key).ToHashSet();
        Console.WriteLine($"1 router, 3 nodes; {owned.Count} live rooms on the node that is killed, {rooms - owned.Count} on the others; 1 session a room, 1 command a room sent at the kill");

        load.Mark();
        await victim.KillAsync();
        Send(load);
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(60));

        Console.WriteLine($"the same burst to its acks, without a kill: {usual}");
        Console.WriteLine($"kill to the first new ack, per room:        {Times(load, owned)} (goal: p99 2000 ms, max 5000 ms)");
        return await ChaosCommand.FinishAsync(cluster, load);
    }

    /// <summary>From the mark to the first ack of a command sent after it; every room has one.</summary>
    static Spread Times(Load load, HashSet<string>? rooms) => new(load.Clients.SelectMany(c => c.Rooms)
        .Where(r => rooms?.Contains(r.Room) ?? true).Select(r => (float)r.FirstNewAck!.Value.TotalMilliseconds));

    static void Send(Load load)
    {
        foreach (var client in load.Clients)
        {
            client.SendOne();
        }
    }
}
