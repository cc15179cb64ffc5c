using System.Text;

using EdgeRooms.Events;
using EdgeRooms.Rooms;

namespace EdgeRooms.Tests.Rooms;

/// <summary>What a room does when its memory, its log or its clients fail it.</summary>
public sealed class RecoveryTests
{
    static bool Is666(NewEvent e) => Encoding.UTF8.GetString(e.Body.Span).Contains("666", StringComparison.Ordinal);

    [Fact]
    public async Task An_alarm_whose_event_cannot_be_stored_backs_off_and_the_room_goes_on_case_8()
    {
        await using var lab = await EngineLab.StartAsync();
        lab.Log.RefusesEvent = Is666;
        var ann = await lab.JoinAsync("ann", "guests/x");
        int before = lab.Log.AppendCount; // before the command: the alarm is due soon after it
        await ann.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"badAlarm"}""");
        await ann.NextAsync("ack");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (lab.Log.LoadCount < 2)
        {
            await Task.Delay(10, limit.Token);
        }

        await Task.Delay(500); // less than the first pause of two seconds: a loop would load hundreds of times
        Assert.InRange(lab.Log.LoadCount, 2, 3);
        Assert.InRange(lab.Log.AppendCount, before + 2, before + 5);
    }

    [Fact]
    public async Task A_leave_whose_event_cannot_be_stored_is_a_leave_all_the_same()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann", "guests/x");
        var bob = await lab.JoinAsync("bob", "guests/x");
        lab.Log.RefusesEvent = e => Encoding.UTF8.GetString(e.Body.Span).Contains("\"by\":1}", StringComparison.Ordinal);

        await bob.SendAsync("""{"type":"leave","id":1}""");

        await bob.NextAsync("left");
        while (!(await ann.NextAsync("members")).TryGetProperty("left", out _))
        {
        }
    }

    [Fact]
    public async Task A_room_that_cannot_be_folded_says_so_and_comes_back_when_it_can_case_12()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        await ann.AddAsync(1);
        await ann.NextAsync("ack");
        lab.Log.FailLoads = new InvalidOperationException("poison (switch)");
        lab.Log.SwitchNextAppend(new InMemoryAppend(InMemoryAppendKind.Conflict));

        await ann.AddAsync(2);

        var error = await ann.NextAsync("error");
        Assert.Equal(("internal", true), (error.GetProperty("code").GetString(), error.GetProperty("retry").GetBoolean()));
        Assert.InRange(error.GetProperty("retryAfterMs").GetInt32(), 1, 1000);
        lab.Log.FailLoads = null;
        do
        {
            await ann.AddAsync(2);
        }
        while ((await ann.NextAsync("ack", "error")).GetProperty("type").GetString() == "error");
    }

    [Fact]
    public async Task A_join_that_was_given_up_leaves_no_member_behind()
    {
        var options = LabProcess.Unlimited();
        options.Engine.RequestTimeout = TimeSpan.FromMilliseconds(300);
        await using var lab = await EngineLab.StartAsync(options);
        var ann = await lab.JoinAsync("ann", "guests/x");
        var commit = lab.Log.HangNextAppend();

        var late = lab.Process.Open("late", "guests/x"); // joins are events of this kind, so they wait for the commit
        Assert.Equal("unavailable", (await late.NextAsync("error")).GetProperty("code").GetString());
        commit.SetResult();

        string? member = null;
        while (true)
        {
            var members = await ann.NextAsync("members");
            if (members.TryGetProperty("joined", out var joined))
            {
                member = joined[0].GetProperty("member").GetString();
            }
            else if (members.TryGetProperty("left", out var left))
            {
                Assert.Equal(member, left[0].GetProperty("member").GetString());
                break;
            }
        }
    }

    [Fact]
    public async Task An_inbox_that_overflows_while_the_room_is_away_refuses_in_order_and_nothing_is_lost()
    {
        var options = LabProcess.Unlimited();
        options.Engine.InboxLength = 16;
        await using var lab = await EngineLab.StartAsync(options);
        var ann = await lab.JoinAsync("ann");
        await ann.AddAsync(1);
        await ann.NextAsync("ack");
        lab.Log.FailNextOpens(3);
        lab.Log.SwitchNextAppend(new InMemoryAppend(InMemoryAppendKind.UnknownNotCommitted));
        var sender = new LabSender(ann, 1, first: 2, window: 60);

        await sender.RunAsync(200, TimeSpan.FromSeconds(20));

        Assert.Equal(Enumerable.Range(1, 201).Select(n => (long?)n), (await lab.EventsAsync()).Select(e => e.Headers.Cmd));
    }

    [Fact]
    public async Task Commands_queued_behind_a_rejected_one_survive_a_lost_memory_in_order_case_14()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        await ann.AddAsync(1);
        await ann.NextAsync("ack");
        var commit = lab.Log.HangNextAppend();
        await ann.AddAsync(2);
        await ann.AddAsync(3, -1); // rejected, its answer waits behind 2
        lab.Log.SwitchNextAppend(new InMemoryAppend(InMemoryAppendKind.Conflict));
        await ann.AddAsync(4);
        commit.SetResult();

        Assert.Equal(2, (await ann.NextAsync("ack", "error")).GetProperty("cmd").GetInt64());
        var rejected = await ann.NextAsync("ack", "error");
        Assert.Equal(("rejected", 3L), (rejected.GetProperty("code").GetString(), rejected.GetProperty("cmd").GetInt64()));
        var ack = await ann.NextAsync("ack", "error");
        Assert.Equal(("ack", 4L), (ack.GetProperty("type").GetString(), ack.GetProperty("cmd").GetInt64()));
    }

    [Fact]
    public async Task A_stream_that_became_shorter_than_our_processes_saw_gets_a_new_epoch_case_21()
    {
        var store = new InMemoryStore();
        await using var lab = await LabProcess.StartAsync(store, "lab", options: LabProcess.Unlimited());
        var ann = await lab.JoinAsync("ann");
        for (long cmd = 1; cmd <= 5; cmd++)
        {
            await ann.AddAsync(cmd);
            await ann.NextAsync("ack");
        }

        lock (store.Gate)
        {
            // What a failover to a standby that lagged does.
            var stream = store.Streams["tally/a"];
            stream.Events.RemoveRange(3, 2);
            stream.Version = 3;
        }

        await ann.AddAsync(6);

        var reset = await ann.NextAsync("reset");
        Assert.Equal(("epoch", "2"), (reset.GetProperty("reason").GetString(), reset.GetProperty("epoch").GetString()));
        long seq = reset.GetProperty("seq").GetInt64();
        Assert.InRange(seq, 3, 4); // before or behind the sixth command, which counts in the new epoch
        Assert.Equal(seq, reset.GetProperty("state").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task A_claim_above_the_seq_never_changes_the_epoch_case_21()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        await ann.AddAsync(1);
        await ann.NextAsync("ack");

        var liar = lab.Process.Open("liar", "tally/a", since: 900);

        var joined = await liar.NextAsync("joined");
        Assert.Equal((false, "1", 1L), (joined.GetProperty("recovered").GetBoolean(), joined.GetProperty("epoch").GetString(), joined.GetProperty("seq").GetInt64()));
    }

    [Fact]
    public async Task An_idle_room_leaves_memory_with_its_sockets_open_and_comes_back_with_the_next_command_case_22()
    {
        var options = LabProcess.Unlimited();
        options.Engine.Grace = TimeSpan.FromMilliseconds(50);
        await using var lab = await EngineLab.StartAsync(options, RoomKind.Of<Tally>("tally", new RoomKindOptions { IdleTimeout = TimeSpan.FromSeconds(1) }));
        var ann = await lab.JoinAsync("ann");
        await ann.AddAsync(1, 7);
        await ann.NextAsync("ack");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (lab.Process.Process.Rooms!.Count > 0)
        {
            await Task.Delay(20, limit.Token);
        }

        await ann.AddAsync(2, 1);

        Assert.Equal(8, (await ann.NextAsync("ack")).GetProperty("result").GetProperty("value").GetInt64());
        Assert.DoesNotContain(ann.Seen, f => f.GetProperty("type").GetString() is "error" or "members" or "reset");
    }
}
