using EdgeRooms.Cluster;
using EdgeRooms.Cluster.Links;
using EdgeRooms.Events;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

namespace EdgeRooms.Tests.Rooms;

/// <summary>Several whole processes over real links: rooms go from node to node under open sockets.</summary>
public sealed class RehomeTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_routers_see_one_room_alike()
    {
        var store = new InMemoryStore();
        await using var node = await LabProcess.StartAsync(store, "n1", ProcessRole.Node);
        await using var r1 = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        await using var r2 = await LabProcess.StartAsync(store, "r2", ProcessRole.Router);

        var ann = await r1.JoinAsync("ann");
        var bob = await r2.JoinAsync("bob");
        await ann.NextAsync("members");
        await bob.SendAsync("""{"type":"ephemeral","name":"wave","data":{"x":1}}""");
        await ann.AddAsync(1, 5);

        // Bob's frame and ann's ack come by different ways, in either order.
        var came = new[] { await ann.NextAsync("ephemeral", "ack"), await ann.NextAsync("ephemeral", "ack") }.ToDictionary(f => f.GetProperty("type").GetString()!);
        Assert.Equal("wave", came["ephemeral"].GetProperty("name").GetString());
        Assert.Equal(1, (await bob.NextAsync("event")).GetProperty("seq").GetInt64());
        Assert.Equal(5, came["ack"].GetProperty("result").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task A_drained_node_hands_its_rooms_over_and_no_client_notices()
    {
        var store = new InMemoryStore();
        var n1 = await LabProcess.StartAsync(store, "n1", ProcessRole.Node);
        await using var router = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => router.JoinAsync($"u{i}", $"tally/r{i}")));
        var sending = clients.Select(c => new LabSender(c, 0)).ToList();
        var runs = sending.Select(s => s.RunAsync(200, Patience)).ToList();
        await using var n2 = await LabProcess.StartAsync(store, "n2", ProcessRole.Node);

        await n1.StopAsync();
        await Task.WhenAll(runs);

        foreach (var (client, i) in clients.Select((c, i) => (c, i)))
        {
            Assert.Equal(Enumerable.Range(1, 200).Select(n => (long?)n), (await n2.EventsAsync($"tally/r{i}")).Select(e => e.Headers.Cmd));
            Assert.DoesNotContain(client.Seen, f => f.GetProperty("type").GetString() is "error" or "members");
        }
    }

    [Fact]
    public async Task A_slow_handler_holds_up_its_own_rooms_hand_over_only()
    {
        var store = new InMemoryStore();
        RoomKind[] kinds = [RoomKind.Of<Sleeper>("sleeper", new RoomKindOptions())];
        var n1 = await LabProcess.StartAsync(store, "n1", ProcessRole.Node, kinds: kinds);
        await using var router = await LabProcess.StartAsync(store, "r1", ProcessRole.Router, kinds: kinds);
        var slow = await router.JoinAsync("ann", "sleeper/slow"); // the first to be handed over, since it was the first to come
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => router.JoinAsync($"u{i}", $"sleeper/r{i}")));
        await slow.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"sleep"}""");
        await Sleeper.FirstBegan.WaitAsync(Patience);
        await using var n2 = await LabProcess.StartAsync(store, "n2", ProcessRole.Node, kinds: kinds);
        var rooms = n1.Process.Rooms!; // never null in a node

        var stop = n1.StopAsync();
        while (rooms.Count > 1 && !stop.IsCompleted)
        {
            await Task.Delay(10);
        }

        Assert.Equal("slow", Assert.Single(rooms.Loops).Id.Name);
        await stop;
        Assert.Equal(1, (await slow.NextAsync("ack")).GetProperty("seq").GetInt64());
    }

    [Fact]
    public async Task A_killed_nodes_rooms_go_on_elsewhere_with_the_same_members()
    {
        var store = new InMemoryStore();
        await using var n2 = await LabProcess.StartAsync(store, "n2", ProcessRole.Node);
        var n1 = await LabProcess.StartAsync(store, "n1", ProcessRole.Node);
        await using var r1 = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        await using var r2 = await LabProcess.StartAsync(store, "r2", ProcessRole.Router);
        string[] rooms = [.. Enumerable.Range(0, 12).Select(i => $"tally/k{i}")];
        var anns = await Task.WhenAll(rooms.Select(r => r1.JoinAsync("ann", r)));
        var bobs = await Task.WhenAll(rooms.Select(r => r2.JoinAsync("bob", r)));
        var senders = anns.Concat(bobs).Select(c => new LabSender(c, 0)).ToList();
        var runs = senders.Select(s => s.RunAsync(100, Patience)).ToList();

        await n1.KillAsync();
        await Task.WhenAll(runs);
        await Task.WhenAll(senders.Select(s => s.CatchUpAsync(200, Patience)));

        foreach (var (room, i) in rooms.Select((r, i) => (r, i)))
        {
            var events = await n2.EventsAsync(room);
            Assert.Equal(200, events.Count);
            foreach (var session in events.GroupBy(e => e.Headers.Session))
            {
                Assert.Equal(Enumerable.Range(1, 100).Select(n => (long?)n), session.Select(e => e.Headers.Cmd));
            }

            Assert.DoesNotContain(bobs[i].Seen, f => f.GetProperty("type").GetString() == "members" && f.TryGetProperty("left", out _));
        }
    }

    [Fact]
    public async Task Who_was_on_a_killed_process_of_both_roles_has_left_its_quiet_rooms_after_the_grace()
    {
        var store = new InMemoryStore();
        var options = LabProcess.Unlimited();
        options.Engine.Grace = TimeSpan.FromSeconds(0.3);
        await using var node = await LabProcess.StartAsync(store, "n1", ProcessRole.Node, options);
        var both = await LabProcess.StartAsync(store, "b1", ProcessRole.All, options);
        await using var router = await LabProcess.StartAsync(store, "r1", ProcessRole.Router, options);
        string[] rooms = [.. Enumerable.Range(0, 12).Select(i => $"tally/q{i}")];
        var anns = await Task.WhenAll(rooms.Select(r => router.JoinAsync("ann", r)));
        var bobs = await Task.WhenAll(rooms.Select(r => both.JoinAsync("bob", r)));
        await Task.WhenAll(anns.Select(a => a.NextAsync("members")));
        Assert.InRange(both.Process.Rooms!.Count, 1, 11); // some rooms lose their owner, the others only a router

        await both.KillAsync();

        foreach (var told in await Task.WhenAll(anns.Select(a => a.NextAsync("members"))))
        {
            Assert.Equal("bob", told.GetProperty("left")[0].GetProperty("user").GetString());
        }
    }

    [Fact]
    public async Task Who_was_on_a_killed_router_has_left_rooms_that_sleep_more_of_them_than_are_woken_at_once()
    {
        var store = new InMemoryStore();
        var options = LabProcess.Unlimited();
        options.Engine.Grace = TimeSpan.FromSeconds(0.3);
        RoomKind[] kinds = [RoomKind.Of<Tally>("tally", new RoomKindOptions { IdleTimeout = TimeSpan.FromSeconds(1) })];
        await using var node = await LabProcess.StartAsync(store, "n1", ProcessRole.Node, options, kinds);
        await using var r1 = await LabProcess.StartAsync(store, "r1", ProcessRole.Router, options, kinds);
        var r2 = await LabProcess.StartAsync(store, "r2", ProcessRole.Router, options, kinds);
        var rooms = Enumerable.Range(0, RoomWakes.RoomsMax + 20).ToList();
        var anns = await Task.WhenAll(rooms.Select(i => r1.JoinAsync($"ann{i}", $"tally/s{i}")));
        var bobs = await Task.WhenAll(rooms.Select(i => r2.JoinAsync($"bob{i}", $"tally/s{i}")));
        await Task.WhenAll(anns.Select(a => a.NextAsync("members")));
        using var limit = new CancellationTokenSource(Patience);
        while (node.Process.Rooms!.Count > 0)
        {
            await Task.Delay(10, limit.Token); // nothing tells that a room has gone to sleep
        }

        await r2.KillAsync();

        foreach (var (told, i) in (await Task.WhenAll(anns.Select(a => a.NextAsync("members")))).Select((t, i) => (t, i)))
        {
            Assert.Equal($"bob{i}", told.GetProperty("left")[0].GetProperty("user").GetString());
        }
    }

    [Fact]
    public async Task A_new_node_takes_its_share_while_clients_go_on()
    {
        var store = new InMemoryStore();
        await using var n1 = await LabProcess.StartAsync(store, "n1", ProcessRole.Node);
        await using var router = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        var clients = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => router.JoinAsync($"u{i}", $"tally/r{i}")));
        var runs = clients.Select(c => new LabSender(c, 0).RunAsync(300, Patience)).ToList();

        await using var n2 = await LabProcess.StartAsync(store, "n2", ProcessRole.Node);
        await Task.WhenAll(runs);
        using var limit = new CancellationTokenSource(Patience);
        while (n2.Process.Rooms!.Count == 0)
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.All(clients, c => Assert.DoesNotContain(c.Seen, f => f.GetProperty("type").GetString() == "error"));
    }

    /// <summary>Seeded: EDGEROOMS_SEED takes a run back.</summary>
    [Fact]
    public async Task Through_random_deaths_drains_and_unknown_outcomes_each_command_takes_effect_once_and_in_order()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("EDGEROOMS_SEED"), out int given) ? given : Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"EDGEROOMS_SEED={seed}");
        var random = new Random(seed);
        var store = new InMemoryStore();
        int started = 0;
        Task<LabProcess> StartNodeAsync() => LabProcess.StartAsync(store, $"n{++started}", ProcessRole.Node);
        var nodes = new List<LabProcess> { await StartNodeAsync(), await StartNodeAsync(), await StartNodeAsync() };
        await using var r1 = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        await using var r2 = await LabProcess.StartAsync(store, "r2", ProcessRole.Router);
        const int rooms = 6, commands = 400;
        var senders = new List<LabSender>();
        for (int i = 0; i < rooms * 2; i++)
        {
            senders.Add(new LabSender(await (i % 2 == 0 ? r1 : r2).JoinAsync($"u{i}", $"tally/p{i / 2}"), 0));
        }

        var runs = Task.WhenAll(senders.Select(s => s.RunAsync(commands, TimeSpan.FromSeconds(60))));
        while (!runs.IsCompleted)
        {
            int at = random.Next(nodes.Count);
            switch (random.Next(5))
            {
                case 0:
                    await nodes[at].KillAsync();
                    nodes[at] = await StartNodeAsync();
                    break;
                case 1:
                    var old = nodes[at];
                    nodes[at] = await StartNodeAsync();
                    await old.StopAsync();
                    break;
                default:
                    InMemoryAppendKind[] kinds = [InMemoryAppendKind.UnknownCommitted, InMemoryAppendKind.UnknownNotCommitted, InMemoryAppendKind.Conflict, InMemoryAppendKind.RollBack];
                    nodes[at].Log.SwitchNextAppend(new InMemoryAppend(kinds[random.Next(kinds.Length)]));
                    break;
            }

            await Task.WhenAny(runs, Task.Delay(random.Next(150)));
        }

        await runs;
        await Task.WhenAll(senders.Select(s => s.CatchUpAsync(2 * commands, TimeSpan.FromSeconds(20))));
        for (int i = 0; i < rooms; i++)
        {
            var events = await nodes[0].EventsAsync($"tally/p{i}");
            Assert.Equal(2 * commands, events.Count);
            Assert.All(events.GroupBy(e => e.Headers.Session), s =>
                Assert.Equal(Enumerable.Range(1, commands).Select(n => (long?)n), s.Select(e => e.Headers.Cmd)));
        }

        foreach (var node in nodes)
        {
            await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_router_that_breaks_off_before_it_has_told_its_members_is_gone_for_the_node()
    {
        var store = new InMemoryStore();
        var n1 = await LabProcess.StartAsync(store, "n1");
        await n1.JoinAsync("ann"); // a room to ask for
        var ghost = new NodeAddress("ghost", "127.0.0.1:1", ProcessRole.Router);
        var stream = await new TcpLinkDialer(ghost, new LinkSecret(null, store.Secrets))
            .DialAsync(Assert.Single(await n1.Leases.ReadMembersAsync(default)), default);
        Assert.NotNull(await stream.ReceiveAsync()); // the node asks

        stream.Abort();

        await n1.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)); // it waits for its links to end
    }
}
