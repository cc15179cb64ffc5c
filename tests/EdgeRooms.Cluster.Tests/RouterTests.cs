using System.Diagnostics;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>Routers, and what belongs to sessions and members across them.</summary>
public sealed class RouterTests(ClusterFixture fixture)
{
    /// <summary>A dead process without rooms stays in the view until then.</summary>
    static readonly TimeSpan HeartbeatAge = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_router_is_restarted_and_its_clients_go_on_at_the_other()
    {
        var cluster = await fixture.WholeAsync();
        var warnings = cluster.Warnings;
        await using var load = new Load(cluster, "door", clients: 30, rooms: 10);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));
        await load.AckedAsync(200);

        Assert.Equal(0, await cluster.Routers[0].StopAsync());
        await load.AckedAsync(200);
        await cluster.Routers[0].StartAsync();
        await load.AckedAsync(200);

        await fixture.CheckAsync(load, socketsStay: false);
        Assert.Equal(["1012"], load.Closes.Keys);
        fixture.CheckCalm(warnings);
    }

    [Fact]
    public async Task A_router_is_killed_with_9_and_its_clients_go_on_at_the_other()
    {
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "broken", clients: 30, rooms: 10);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));
        await load.AckedAsync(200);

        await cluster.Routers[1].KillAsync();
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(10));

        await fixture.CheckAsync(load, socketsStay: false);
    }

    [Fact]
    public async Task A_session_that_comes_through_another_router_closes_the_older_socket_with_4005()
    {
        var cluster = await fixture.WholeAsync();
        await using var older = await LiveSocket.OpenAsync(cluster.Routers[0], "/rooms/relay/takeover", "ann");
        string session = Uri.EscapeDataString((await older.NextAsync("welcome")).GetProperty("session").GetString()!); // PROTOCOL.md: a string
        string? member = (await older.NextAsync("joined")).GetProperty("member").GetString();

        await using var newer = await LiveSocket.OpenAsync(cluster.Routers[1], $"/rooms/relay/takeover?session={session}", "ann");
        string? same = (await newer.NextAsync("joined")).GetProperty("member").GetString();

        Assert.Equal(4005, await older.ClosedAsync());
        Assert.Equal(member, same);
        await newer.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"n"}""");
        await newer.NextAsync("ack");
    }

    [Fact]
    public async Task Members_do_not_flicker_when_their_node_is_killed()
    {
        var cluster = await fixture.WholeAsync();
        await using var ann = await LiveSocket.OpenAsync(cluster.Routers[0], "/rooms/relay/flicker", "ann");
        await ann.NextAsync("joined");
        await using var bob = await LiveSocket.OpenAsync(cluster.Routers[1], "/rooms/relay/flicker", "bob");
        await bob.NextAsync("joined");
        await ann.NextAsync("members");
        await ann.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"n"}""");
        await ann.NextAsync("ack");
        await bob.NextAsync("event");
        string owner = (await cluster.OwnersAsync())["relay/flicker"];

        await cluster.Nodes.Single(n => n.Name == owner).KillAsync();
        await bob.SendAsync("""{"type":"send","id":2,"cmd":1,"name":"n"}""");
        await bob.NextAsync("ack");

        // Beyond the new owner's grace, after which it would tell who is missing: somebody else comes and goes, and nothing else was told.
        await Task.Delay(ClusterFixture.Grace + TimeSpan.FromMilliseconds(500));
        await using (var eve = await LiveSocket.OpenAsync(cluster.Routers[1], "/rooms/relay/flicker", "eve"))
        {
            var joined = await eve.NextAsync("joined");
            Assert.Equal(["ann", "bob", "eve"], joined.GetProperty("members").EnumerateArray().Select(m => m.GetProperty("user").GetString()).Order());
            await eve.SendAsync("""{"type":"leave","id":1}""");
            await eve.NextAsync("left");
        }

        var told = await ann.NextAsync(f => f.TryGetProperty("left", out _));
        Assert.Equal("eve", told.GetProperty("left")[0].GetProperty("user").GetString());
        await bob.NextAsync(f => f.TryGetProperty("left", out _));
        Assert.All((LiveSocket[])[ann, bob], s => Assert.Single(s.Seen, f => f.TryGetProperty("left", out _)));
    }

    [Fact]
    public async Task A_member_on_a_killed_process_of_both_roles_has_left_after_the_grace()
    {
        var cluster = await fixture.WholeAsync();
        await using var both = cluster.Make("both-1", "all");
        await both.StartAsync();
        await using var ann = await LiveSocket.OpenAsync(cluster.Routers[0], "/rooms", "ann");
        await using var bob = await LiveSocket.OpenAsync(both, "/rooms", "bob");
        for (int i = 0; i < 12; i++)
        {
            await ann.SendAsync($$"""{"type":"join","id":{{i}},"room":"relay/both-{{i}}"}""");
            await ann.NextAsync("joined");
            await ann.SendAsync($$"""{"type":"send","id":{{i}},"cmd":1,"room":"relay/both-{{i}}","name":"n"}""");
            await ann.NextAsync("ack");
            await bob.SendAsync($$"""{"type":"join","id":{{i}},"room":"relay/both-{{i}}"}""");
            await bob.NextAsync("joined");
            await ann.NextAsync(f => f.TryGetProperty("joined", out _));
        }

        var owners = await cluster.OwnersAsync();
        Assert.Contains("both-1", owners.Values); // so both kinds of loss are here: of the router, and of the node too
        await both.KillAsync();

        var stay = owners.Where(o => o.Key.StartsWith("relay/both-", StringComparison.Ordinal)).ToDictionary();
        while (stay.Count > 0)
        {
            try
            {
                var told = await ann.NextAsync(f => f.TryGetProperty("left", out _));
                Assert.Equal("bob", told.GetProperty("left")[0].GetProperty("user").GetString());
                Assert.True(stay.Remove(told.GetProperty("room").GetString()!)); // PROTOCOL.md: every such frame names its room
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Nobody said that bob left {string.Join(", ", stay)} (of {string.Join(", ", owners)}).\n{cluster.Said}");
            }
        }
    }

    [Fact]
    public async Task A_member_on_a_killed_router_has_left_rooms_that_sleep_after_the_grace()
    {
        var cluster = await fixture.WholeAsync();
        string[] rooms = [.. Enumerable.Range(0, 6).Select(i => $"nap/{Guid.NewGuid():N}")];
        await using var ann = await LiveSocket.OpenAsync(cluster.Routers[0], "/rooms", "ann");
        await using var bob = await LiveSocket.OpenAsync(cluster.Routers[1], "/rooms", "bob");
        foreach (string room in rooms)
        {
            await ann.SendAsync($$"""{"type":"join","id":1,"room":"{{room}}"}""");
            await ann.NextAsync("joined");
            await bob.SendAsync($$"""{"type":"join","id":1,"room":"{{room}}"}""");
            await bob.NextAsync("joined");
            await ann.NextAsync("members");
        }

        await ann.SendAsync($$"""{"type":"send","id":2,"cmd":1,"room":"{{rooms[0]}}","name":"n"}""");
        await ann.NextAsync("ack");
        await Eventually.TrueAsync(async () => !(await cluster.OwnersAsync()).Keys.Intersect(rooms).Any(), "all rooms sleep");

        await cluster.Routers[1].KillAsync();
        long killed = Stopwatch.GetTimestamp();
        var stay = rooms.ToHashSet();
        while (stay.Count > 0)
        {
            var told = await ann.NextAsync(f => f.TryGetProperty("left", out _));
            Assert.Equal("bob", told.GetProperty("left")[0].GetProperty("user").GetString());
            Assert.True(stay.Remove(told.GetProperty("room").GetString()!)); // PROTOCOL.md: every such frame names its room
        }

        var took = Stopwatch.GetElapsedTime(killed);
        TestContext.Current.TestOutputHelper?.WriteLine($"all told after {took.TotalMilliseconds:N0} ms, the grace included");
        Assert.InRange(took, ClusterFixture.Grace, ClusterFixture.Grace + HeartbeatAge + TimeSpan.FromSeconds(4));
        Assert.Null(ann.CloseCode);
    }

    [Theory]
    [InlineData(10, 500)]
    [InlineData(800, 800)]
    public async Task A_router_that_stops_asks_its_clients_to_come_back_at_a_thousand_a_second(int sockets, int windowMs)
    {
        var cluster = await fixture.WholeAsync();
        await using var router = cluster.Make("leaving", "router");
        await router.StartAsync();
        var clients = new List<LiveSocket>();
        foreach (var part in Enumerable.Range(0, sockets).Chunk(20))
        {
            clients.AddRange(await Task.WhenAll(part.Select(_ => LiveSocket.OpenAsync(router, "/rooms", "ann"))));
        }

        await Task.WhenAll(clients.Select(c => c.NextAsync("welcome")));

        router.Terminate();
        var told = await Task.WhenAll(clients.Select(c => c.NextAsync("goaway")));
        var codes = await Task.WhenAll(clients.Select(c => c.ClosedAsync()));

        Assert.All(told, t => Assert.Equal((0, windowMs), (t.GetProperty("minDelayMs").GetInt32(), t.GetProperty("maxDelayMs").GetInt32())));
        Assert.All(codes, code => Assert.Equal(1012, code));
        await Task.WhenAll(clients.Select(c => c.DisposeAsync().AsTask()));
        Assert.Equal(0, await router.EndedAsync(TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task A_router_with_another_cluster_secret_is_refused()
    {
        var cluster = await fixture.WholeAsync();
        await using var stranger = cluster.Make("stranger", "router", new Dictionary<string, string>
        {
            ["EdgeRooms__Cluster__Secret"] = "another-secret-another-secret-another",
            ["EdgeRooms__Engine__RequestTimeout"] = "00:00:01",
        });
        await stranger.StartAsync();

        await using var client = await LiveSocket.OpenAsync(stranger, "/rooms/relay/stranger", "ann");
        var refusal = await client.NextAsync("error");

        Assert.Equal(("unavailable", true), (refusal.GetProperty("code").GetString(), refusal.GetProperty("retry").GetBoolean()));
        Assert.Contains("EdgeRooms__Cluster__Secret", stranger.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_Development_a_second_process_without_a_cluster_secret_exits_with_78()
    {
        var cluster = await fixture.WholeAsync();
        await using var second = cluster.Make("second", "all", new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["EdgeRooms__Cluster__Secret"] = "",
        });

        int code = await second.StartToEndAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(78, code);
        Assert.Contains("EdgeRooms:Cluster:Secret", second.Said, StringComparison.Ordinal);
        Assert.Equal(0, await cluster.QueryAsync<long>("select count(*) from edgerooms.nodes n join edgerooms.heartbeats h on h.node = n.name where n.name = 'second'"));
    }
}
