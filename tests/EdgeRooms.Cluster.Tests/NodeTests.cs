using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>Nodes come and go under load: nothing acked is lost or doubled, order is kept, and no socket closes.</summary>
public sealed class NodeTests(ClusterFixture fixture)
{
    [Fact]
    public async Task All_nodes_are_restarted_one_after_another_and_no_client_notices()
    {
        var cluster = await fixture.WholeAsync();
        var warnings = cluster.Warnings;
        await using var load = new Load(cluster, "rolling", clients: 40, rooms: 12);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));

        foreach (var node in cluster.Nodes)
        {
            await load.AckedAsync(200);
            Assert.Equal(0, await node.StopAsync());
            await load.AckedAsync(200);
            await node.StartAsync();
        }

        await load.AckedAsync(200);
        await fixture.CheckAsync(load);
        fixture.CheckCalm(warnings);
    }

    [Fact]
    public async Task A_node_is_killed_with_9_and_its_rooms_go_on_elsewhere()
    {
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "kill", clients: 40, rooms: 12);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));
        await load.AckedAsync(200);

        await cluster.Nodes[0].KillAsync();
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(10));

        Assert.DoesNotContain("node-1", (await cluster.OwnersAsync()).Where(o => o.Key.StartsWith("relay/kill-", StringComparison.Ordinal)).Select(o => o.Value));
        await fixture.CheckAsync(load);
    }

    [Fact]
    public async Task A_node_stopped_for_longer_than_its_lease_does_no_harm_when_it_wakes()
    {
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "zombie", clients: 40, rooms: 12);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));
        await load.AckedAsync(200);
        long boot = await BootAsync(cluster, "node-2");

        cluster.Nodes[1].Pause();
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(20));
        var taken = await cluster.OwnersAsync();
        cluster.Nodes[1].Continue();
        await load.AckedAsync(400);

        Assert.DoesNotContain("node-2", taken.Where(o => o.Key.StartsWith("relay/zombie-", StringComparison.Ordinal)).Select(o => o.Value));
        await fixture.CheckAsync(load);
        await Eventually.TrueAsync(async () => await BootAsync(cluster, "node-2") > boot, "node-2 comes back with a new fence");
    }

    [Fact]
    public async Task A_second_process_under_a_name_exits_with_78_and_the_holder_goes_on()
    {
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "name", clients: 10, rooms: 6);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));
        long boot = await BootAsync(cluster, "node-3");
        await using var newcomer = cluster.Make("node-3", "node");

        int code = await newcomer.StartToEndAsync(TimeSpan.FromSeconds(20));
        await load.AckedAsync(100);

        Assert.Equal(78, code);
        Assert.Contains("node-3", newcomer.Said, StringComparison.Ordinal);
        Assert.Equal(boot, await BootAsync(cluster, "node-3"));
        await fixture.CheckAsync(load);
    }

    [Theory]
    [InlineData("+600")]
    [InlineData("-600")]
    public async Task A_node_whose_clock_is_ten_minutes_off_has_its_share_and_takes_over(string off)
    {
        string? library = Directory.GetDirectories("/usr/lib").Select(d => $"{d}/faketime/libfaketimeMT.so.1").FirstOrDefault(File.Exists);
        Assert.SkipWhen(library is null, "libfaketime is not here (Debian's package faketime).");
        var cluster = await fixture.WholeAsync();
        await using var wrong = cluster.Make($"clock{off.Replace('+', 'p')}", "node", new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library!,
            ["FAKETIME"] = off,
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        });
        await using var load = new Load(cluster, $"clock{off.Replace('+', 'p')}", clients: 30, rooms: 30);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));

        await wrong.StartAsync();
        await Eventually.TrueAsync(async () => (await cluster.OwnersAsync()).Any(o => o.Key.StartsWith($"relay/{load.Name}-", StringComparison.Ordinal) && o.Value == wrong.Name), "it has rooms");
        await cluster.Nodes[2].KillAsync();
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, await wrong.StopAsync());

        await fixture.CheckAsync(load);
    }

    [Fact]
    public async Task All_nodes_claim_the_same_thousand_rooms_at_once_and_each_room_has_one_owner()
    {
        const int Rooms = 1000;
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "race", clients: 40, rooms: Rooms, window: 1, roomsEach: 50);
        var boots = await cluster.RowsAsync("select name, boot from edgerooms.nodes where role = 'node' and not fenced", r => (r.GetString(0), r.GetInt64(1)));
        string[] rooms = [.. load.Truths.Select(t => t.Room)];

        // Each node's own claim, in an order of its own; then clients ask for the rooms through both routers: the row decides, not the ring.
        var granted = await Task.WhenAll(boots.Select(node => cluster.RowsAsync(
            "select r.room from unnest($3::text[]) with ordinality r (room, n) join edgerooms.claim_rooms_v1($1, $2, $3) c on c.ord = r.n where c.number > 0",
            r => r.GetString(0), node.Item1, node.Item2, Shuffled(rooms, node.Item2))));
        await load.StartAsync();
        await load.AckedAsync(2 * Rooms);

        Assert.Equal(rooms.Order(), granted.SelectMany(g => g).Order());
        await fixture.CheckAsync(load);
    }

    [Fact]
    public async Task A_node_serves_operators_only()
    {
        var cluster = await fixture.WholeAsync();
        using var http = new HttpClient { BaseAddress = cluster.Nodes[0].Url };

        var answers = await Task.WhenAll(new[] { "/healthz", "/readyz", "/metrics", "/rooms/relay/a", "/admin", "/dev/token?user=a", "/", "/whiteboard.html" }.Select(async p =>
        {
            using var answer = await http.GetAsync(p);
            return (Path: p, Status: (int)answer.StatusCode);
        }));

        Assert.All(answers, a => Assert.Equal(a.Path is "/healthz" or "/readyz" or "/metrics" ? 200 : 404, a.Status));
    }

    static Task<long> BootAsync(LiveCluster cluster, string name) =>
        cluster.QueryAsync<long>("select coalesce(max(boot), 0) from edgerooms.nodes where name = $1 and not fenced", name);

    static string[] Shuffled(string[] rooms, long seed)
    {
        string[] copy = [.. rooms];
        new Random((int)seed).Shuffle(copy);
        return copy;
    }
}
