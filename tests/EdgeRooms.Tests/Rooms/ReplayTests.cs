using System.Text;

using CsCheck;

using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

namespace EdgeRooms.Tests.Rooms;

/// <summary>Where missed events come from: the router's memory, the room's, or the log.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task A_router_that_follows_a_room_serves_its_joiners_from_its_own_memory()
    {
        var store = new InMemoryStore();
        await using var node = await LabProcess.StartAsync(store, "n1", ProcessRole.Node);
        await using var router = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        await using var other = await LabProcess.StartAsync(store, "r2", ProcessRole.Router);
        var ann = await router.JoinAsync("ann");
        await AddAsync(ann, 1, 20);

        await ReadAsync(router.Open("bob", "tally/a", since: 0), 1, 20);
        await ReadAsync(router.Open("cat", "tally/a", since: 15), 16, 20);
        await ReadAsync(other.Open("dan", "tally/a", since: 5), 6, 20);

        Assert.Equal((2, 0, 0), (router.Replays.Router, router.Replays.Tail, router.Replays.Log));
        Assert.Equal((0, 1, 0), (other.Replays.Router, other.Replays.Tail, other.Replays.Log)); // it had not heard them itself
    }

    [Fact]
    public async Task A_reader_that_was_slow_for_a_short_time_is_caught_up_from_its_routers_memory_case_24()
    {
        var options = LabProcess.Unlimited();
        options.Limits.OutboundBytes = 4 * 1024;
        await using var lab = await EngineLab.StartAsync(options);
        var slow = await lab.JoinAsync("slow");
        var ann = await lab.JoinAsync("ann");
        var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slow.Blocked = drain.Task;
        await AddAsync(ann, 1, 200);

        drain.SetResult();

        for (long seq = 1; seq <= 200; seq++)
        {
            Assert.Equal(seq, (await slow.NextAsync("event")).GetProperty("seq").GetInt64());
        }

        Assert.NotEqual(0, lab.Process.Replays.Router);
        Assert.Equal(0, lab.Process.Replays.Log);
    }

    [Fact]
    public async Task What_a_router_missed_while_the_room_was_away_comes_once_for_all_its_members()
    {
        var store = new InMemoryStore();
        await using var node = await LabProcess.StartAsync(store, "n1", ProcessRole.Node);
        await using var router = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        var ann = await router.JoinAsync("ann");
        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => router.JoinAsync($"u{i}")));
        await AddAsync(ann, 1, 5);
        node.Log.SwitchNextAppend(new InMemoryAppend(InMemoryAppendKind.UnknownCommitted)); // committed, and nobody is told

        await ann.AddAsync(6);

        Assert.True((await ann.NextAsync("ack")).GetProperty("dup").GetBoolean());
        foreach (var client in others)
        {
            for (long seq = 1; seq <= 6; seq++)
            {
                Assert.Equal(seq, (await client.NextAsync("event")).GetProperty("seq").GetInt64());
            }
        }

        Assert.Equal((0, 0), (router.Replays.Log, router.Replays.Router));
    }

    [Fact]
    public async Task A_late_answer_of_the_last_owner_hides_nothing_that_the_router_has_heard_since()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        await AddAsync(ann, 1, 3);
        var watch = NewWatch(lab, new LabClient());

        lock (watch.Outbound.Lock)
        {
            watch.StartAt(epoch: 1, next: 2, head: 1);
            Assert.True(watch.IsBehind);
            Assert.Equal(3, watch.Head);

            watch.StartAt(epoch: 0, next: 9, head: 8); // an epoch that is over
            Assert.Equal("epoch", watch.NeedsReset);
        }
    }

    /// <summary>The state's answer and the events around it come out of one commit.</summary>
    [Fact]
    public async Task A_stream_that_starts_between_two_commands_of_one_batch_misses_none()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        var bob = await lab.JoinAsync("bob");
        var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lab.Log.BeforeAppend = _ =>
        {
            held.TrySetResult();
            return hold.Task;
        };
        await ann.AddAsync(1);
        await held.Task;
        await ann.AddAsync(2);
        var eve = new LabClient();
        var watch = NewWatch(lab, eve);
        eve.Pump = watch.Outbound.PumpAsync();
        watch.Start(null, null);
        await ann.AddAsync(3);
        await ann.SendAsync("""{"type":"ephemeral","name":"n"}""");
        await bob.NextAsync("ephemeral"); // it passes the gate, so the room has run all that was before it

        hold.SetResult();

        Assert.Equal(3, (await eve.NextAsync("event")).GetProperty("seq").GetInt64());
    }

    static Watch NewWatch(EngineLab lab, LabClient client)
    {
        var router = lab.Process.Process.Router;
        var nobody = new Principal("eve", null, DateTimeOffset.MaxValue, new RoomRights(new Dictionary<string, Right>()), null);
        Watch watch = null!; // set below
        router.Feed(RoomId.Parse("tally/a"), feed =>
            watch = new Watch(feed, router.Services.Kinds.Find("tally")!, new Outbound(client, router.Services), nobody));
        return watch;
    }

    /// <summary>Against a plain list: what it holds is what was added last, within its bounds; a batch is held whole or not at all.</summary>
    [Fact]
    public void A_tail_gives_back_what_was_added_last() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[0, 400], Gen.Int[1, 9].List[0, 60]).Sample((eventsMax, bytesMax, sizes) =>
        {
            var tail = new EventTail(new TailShare(new EngineOptions { TailEvents = eventsMax, TailBytes = bytesMax }));
            tail.Start(100);
            var all = new List<ReadOnlyMemory<byte>>();
            foreach (int size in sizes)
            {
                var frames = Enumerable.Range(0, size).Select(i => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes($"e{all.Count + i}"))).ToList();
                tail.Add(EventBatch.Of(101 + all.Count, frames));
                all.AddRange(frames);
            }

            Assert.Equal(100 + all.Count, tail.LastSeq);
            Assert.InRange(tail.LastSeq - tail.FirstSeq + 1, 0, eventsMax);
            Assert.Null(tail.From(tail.FirstSeq - 1));
            Assert.Null(tail.From(tail.LastSeq + 1));
            for (long seq = tail.FirstSeq; seq <= tail.LastSeq; seq++)
            {
                var from = tail.From(seq)!;
                Assert.Equal((seq, tail.LastSeq), (from.FirstSeq, from.LastSeq));
                Assert.Equal(all.Skip((int)(seq - 101)).Select(f => f.ToArray()), from.FramesFrom(seq).Select(f => f.ToArray()));
                Assert.True(from.FramesFrom(seq).Sum(f => f.Length) <= bytesMax);
            }
        });

    static async Task AddAsync(LabClient client, long first, long last)
    {
        for (long cmd = first; cmd <= last; cmd++)
        {
            await client.AddAsync(cmd);
            await client.NextAsync("ack");
        }
    }

    static async Task ReadAsync(LabClient client, long first, long last)
    {
        Assert.True((await client.NextAsync("joined")).GetProperty("recovered").GetBoolean());
        for (long seq = first; seq <= last; seq++)
        {
            Assert.Equal(seq, (await client.NextAsync("event")).GetProperty("seq").GetInt64());
        }
    }
}
