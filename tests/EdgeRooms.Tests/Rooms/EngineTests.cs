using EdgeRooms.Events;

namespace EdgeRooms.Tests.Rooms;

public sealed class EngineTests
{
    [Fact]
    public async Task Nothing_leaves_before_its_commit_and_reads_made_meanwhile_wait_too_case_10()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        await ann.AddAsync(1);
        await ann.NextAsync("ack");
        var commit = lab.Log.HangNextAppend();

        await ann.AddAsync(2);
        var joining = lab.JoinAsync("bob");
        await Task.WhenAny(joining, Task.Delay(150));

        Assert.False(joining.IsCompleted);
        Assert.False(ann.HasMore());
        commit.SetResult();
        var bob = await joining;
        Assert.Equal(2, bob.Seen[^1].GetProperty("seq").GetInt64());
        Assert.Equal(2, (await ann.NextAsync("event")).GetProperty("seq").GetInt64());
    }

    [Theory]
    [InlineData(nameof(InMemoryAppendKind.UnknownCommitted))]
    [InlineData(nameof(InMemoryAppendKind.UnknownNotCommitted))]
    [InlineData(nameof(InMemoryAppendKind.Conflict))]
    [InlineData(nameof(InMemoryAppendKind.RollBack))]
    public async Task Whatever_becomes_of_an_append_each_command_takes_effect_once_and_in_order_cases_1_and_4(string kind)
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        var bob = await lab.JoinAsync("bob");
        await ann.AddAsync(1);
        await ann.NextAsync("ack");
        lab.Log.SwitchNextAppend(new InMemoryAppend(Enum.Parse<InMemoryAppendKind>(kind)));

        for (long cmd = 2; cmd <= 40; cmd++)
        {
            await ann.AddAsync(cmd);
        }

        for (long cmd = 2; cmd <= 40; cmd++)
        {
            Assert.Equal(cmd, (await ann.NextAsync("ack", "error")).GetProperty("cmd").GetInt64());
        }

        for (long seq = 1; seq <= 40; seq++)
        {
            Assert.Equal(seq, (await bob.NextAsync("event")).GetProperty("seq").GetInt64());
        }

        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long?)i), (await lab.EventsAsync()).Select(e => e.Headers.Cmd));
    }

    [Fact]
    public async Task Refused_data_costs_only_its_own_command_case_2()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        var bob = await lab.JoinAsync("bob", "tally/b");
        lab.Log.RefusesEvent = e => System.Text.Encoding.UTF8.GetString(e.Body.Span).Contains("666", StringComparison.Ordinal);
        var commit = lab.Log.HangNextAppend();
        await ann.AddAsync(1);
        await ann.AddAsync(2, 666);
        await ann.AddAsync(3);
        await bob.AddAsync(1);
        commit.SetResult();

        Assert.Equal(1, (await ann.NextAsync("ack")).GetProperty("cmd").GetInt64());
        var error = await ann.NextAsync("error");
        Assert.Equal(("rejected", 2, false),
            (error.GetProperty("code").GetString(), error.GetProperty("cmd").GetInt64(), error.GetProperty("retry").GetBoolean()));
        Assert.Equal(3, (await ann.NextAsync("ack")).GetProperty("cmd").GetInt64());
        await bob.NextAsync("ack");
        Assert.Equal(2, (await lab.EventsAsync()).Count);
    }

    [Fact]
    public async Task A_handler_that_throws_loses_its_own_turn_only_case_12()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");

        await ann.AddAsync(1, 13);
        await ann.AddAsync(2, 5);

        Assert.Equal("internal", (await ann.NextAsync("error")).GetProperty("code").GetString());
        Assert.Equal(5, (await ann.NextAsync("ack")).GetProperty("result").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task A_handler_over_its_time_is_dropped_and_can_do_nothing_later_case_9()
    {
        var options = new EdgeRoomsOptions();
        options.Engine.HandlerTimeout = TimeSpan.FromMilliseconds(100);
        await using var lab = await EngineLab.StartAsync(options);
        var ann = await lab.JoinAsync("ann");

        await ann.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"slow"}""");
        Assert.Equal("internal", (await ann.NextAsync("error")).GetProperty("code").GetString());
        await Task.Delay(TimeSpan.FromSeconds(2.2)); // the dropped handler's own delay
        await ann.AddAsync(2, 5);

        Assert.Equal(5, (await ann.NextAsync("ack")).GetProperty("result").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task A_command_without_cmd_is_never_sent_again_case_15()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        lab.Log.SwitchNextAppend(new InMemoryAppend(InMemoryAppendKind.UnknownNotCommitted));

        await ann.SendAsync("""{"type":"send","id":1,"name":"add","data":{"by":1}}""");

        var error = await ann.NextAsync("error");
        Assert.Equal(("unavailable", false), (error.GetProperty("code").GetString(), error.GetProperty("retry").GetBoolean()));
        await ann.AddAsync(1);
        await ann.NextAsync("ack");
        Assert.Single(await lab.EventsAsync());
    }

    [Fact]
    public async Task A_refused_number_does_not_look_done_after_the_memory_is_lost_case_13()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        await ann.AddAsync(1, -1);
        await ann.NextAsync("error");
        await ann.AddAsync(2);
        await ann.NextAsync("ack");
        lab.Log.SwitchNextAppend(new InMemoryAppend(InMemoryAppendKind.Conflict));
        await ann.AddAsync(3);
        await ann.NextAsync("ack");

        await ann.AddAsync(1);

        Assert.True((await ann.NextAsync("ack")).GetProperty("refused").GetBoolean());
    }

    [Fact]
    public async Task An_alarm_fires_once_case_8()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");

        await ann.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"later"}""");
        await ann.NextAsync("ack");
        await ann.NextAsync("event");
        await ann.AddAsync(2, 1);

        Assert.Equal(101, (await ann.NextAsync("ack")).GetProperty("result").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task A_slow_reader_catches_up_from_the_log_without_a_hole_case_24()
    {
        var options = new EdgeRoomsOptions();
        options.Limits.OutboundBytes = 16 * 1024;
        options.Limits.CommandBurst = options.Limits.CommandsPerSecond = 100_000;
        await using var lab = await EngineLab.StartAsync(options);
        var slow = await lab.JoinAsync("slow");
        var ann = await lab.JoinAsync("ann");
        var drain = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        slow.Blocked = drain.Task;
        for (long cmd = 1; cmd <= 1000; cmd++)
        {
            await ann.AddAsync(cmd);
            await ann.NextAsync("ack");
        }

        drain.SetResult();

        for (long seq = 1; seq <= 1000; seq++)
        {
            Assert.Equal(seq, (await slow.NextAsync("event")).GetProperty("seq").GetInt64());
        }
    }

    [Fact]
    public void An_effect_set_moves_with_its_top()
    {
        var random = new Random(7);
        var expected = new HashSet<long>();
        var set = default(EffectSet);
        long top = 0;
        for (int i = 0; i < 2000; i++)
        {
            long by = random.Next(1, random.Next(1, 90));
            set = set.Shift(by);
            top += by;
            if (random.Next(3) > 0)
            {
                set = set.With(0);
                expected.Add(top);
            }

            set = EffectSet.Parse(set.ToString());
            for (long n = 0; n < 300; n++)
            {
                Assert.Equal(n < EffectSet.Size && expected.Contains(top - n), set.Has(n));
            }
        }
    }
}
