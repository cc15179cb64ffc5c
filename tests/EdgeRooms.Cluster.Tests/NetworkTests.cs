using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>A node in a network namespace whose packets are dropped: nobody is refused, and nobody is told.</summary>
public sealed class NetworkTests(ClusterFixture fixture)
{
    const int LinkPort = 7300;

    [Fact]
    public async Task A_node_cut_off_from_Postgres_loses_its_rooms_and_comes_back()
    {
        var (cluster, node) = await WithNodeInsideAsync("cut-db");
        await using var end = node;
        await using var load = new Load(cluster, "cutdb", clients: 30, rooms: 30);
        await load.StartAsync(TimeSpan.FromMilliseconds(50));
        await HasRoomsAsync(cluster, load, node);

        await fixture.Network!.CutAsync(fixture.Postgres.Port);
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(20));
        var owners = await cluster.OwnersAsync();
        await fixture.Network.HealAsync();
        await HasRoomsAsync(cluster, load, node);

        Assert.DoesNotContain(load.Truths, t => owners[t.Room] == node.Name);
        await fixture.CheckAsync(load);
    }

    [Fact]
    public async Task A_node_cut_off_from_the_routers_keeps_its_rooms_and_clients_wait_for_it()
    {
        var (cluster, node) = await WithNodeInsideAsync("cut-link");
        await using var end = node;
        await using var load = new Load(cluster, "cutlink", clients: 30, rooms: 30);
        await load.StartAsync(TimeSpan.FromMilliseconds(50));
        await HasRoomsAsync(cluster, load, node);
        var before = (await cluster.OwnersAsync()).Where(o => o.Value == node.Name).Select(o => o.Key).ToHashSet();

        await fixture.Network!.CutAsync(LinkPort);
        await Eventually.TrueAsync(() => Task.FromResult(cluster.Routers.All(r => r.Said.Contains($"{node.Name}", StringComparison.Ordinal))), "routers see that the link is gone");
        var during = await cluster.OwnersAsync();
        await fixture.Network.HealAsync();
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(15));

        Assert.All(before, r => Assert.Equal(node.Name, during[r]));
        await fixture.CheckAsync(load);
    }

    async Task<(LiveCluster, LiveProcess)> WithNodeInsideAsync(string name)
    {
        Assert.SkipWhen(fixture.Network is null, CutNetwork.Reason);
        var cluster = await fixture.WholeAsync();
        var network = fixture.Network!;
        var node = cluster.Make(name, "node", new Dictionary<string, string>
        {
            ["EdgeRooms__Postgres"] = cluster.Database.Replace("127.0.0.1", network.HostAddress, StringComparison.Ordinal),
            ["EdgeRooms__Cluster__Listen"] = $"http://{network.InsideAddress}:{LinkPort}",
        }, network.Inside);
        await node.StartAsync();
        return (cluster, node);
    }

    static Task HasRoomsAsync(LiveCluster cluster, Load load, LiveProcess node) => Eventually.TrueAsync(
        async () => (await cluster.OwnersAsync()).Any(o => o.Value == node.Name && load.Truths.Any(t => t.Room == o.Key)), $"{node.Name} has rooms");
}
