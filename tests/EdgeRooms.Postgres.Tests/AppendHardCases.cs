using EdgeRooms.Conformance;
using EdgeRooms.Events;
using Npgsql;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Postgres.Tests;

/// <summary>HARD-CASES 2 to 8 against a real Postgres.</summary>
public sealed class AppendHardCases(TestCluster cluster)
{
    [Theory]
    [InlineData("""{"to":"\u0000"}""")]
    [InlineData("""{"to":"\ud800"}""")]
    [InlineData("""{"to":1e999999}""")]
    [InlineData("""{"to":""")]
    public async Task Case_2_Json_that_jsonb_refuses_rolls_back_as_data_and_the_writer_goes_on(string body)
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);

        var refused = await Assert.ThrowsAsync<AppendRolledBackException>(
            () => writer.AppendAsync([Append(Wake("a/1"), 0, Event()), Append(Wake("a/2"), 0, Event(1, null, body))]));

        Assert.True(refused.IsData);
        Assert.Equal([0L, 0L], await node.Log.ReadVersionsAsync([Wake("a/1"), Wake("a/2")], default));
        Assert.Empty(await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]));
    }

    [Fact]
    public async Task Case_2_A_version_that_is_taken_is_data()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event(), Event())]);
        await lab.ScalarAsync<object>("update edgerooms.mt_streams set version = 1");

        var refused = await Assert.ThrowsAsync<AppendRolledBackException>(() => writer.AppendAsync([Append(Wake("a/1"), 1, Event())]));

        Assert.True(refused.IsData);
    }

    [Fact]
    public async Task Case_3_Headers_and_the_turns_time_are_stored()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);

        await writer.AppendAsync([Append(Wake("a/1"), 0, Event(7))]);

        Assert.Equal(7, await lab.ScalarAsync<long>("select (headers ->> 'c')::bigint from edgerooms.mt_events"));
        Assert.Equal(At.UtcDateTime, await lab.ScalarAsync<DateTime>("select timestamp from edgerooms.mt_events"));
    }

    [Fact]
    public async Task Case_4_A_new_writer_waits_for_the_batch_in_flight_and_the_late_one_is_fenced()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var old = await node.Log.OpenWriterAsync(0, default);
        await using var held = await lab.Inspector.OpenConnectionAsync();
        await using var transaction = await held.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("select 1 from edgerooms.fences for share", held);
        await hold.ExecuteScalarAsync();

        var opening = node.Log.OpenWriterAsync(0, default);
        await Assert.ThrowsAsync<TimeoutException>(() => opening.WaitAsync(TimeSpan.FromMilliseconds(300)));
        await transaction.CommitAsync();
        await using var newer = await opening;

        await Assert.ThrowsAsync<NodeFencedException>(() => old.AppendAsync([Append(Wake("a/1"), 0, Event())]));
        Assert.Empty(await newer.AppendAsync([Append(Wake("a/1"), 0, Event())]));
    }

    [Fact]
    public async Task Case_5_Renewals_and_appends_do_not_wait_for_each_other()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await using var held = await lab.Inspector.OpenConnectionAsync();
        await using var transaction = await held.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("select 1 from edgerooms.fences for share", held);
        await hold.ExecuteScalarAsync();

        Assert.True(await node.Leases.RenewAsync(default));
        await hold.Connection!.CloseAsync();
        await using var renewing = await lab.Inspector.OpenConnectionAsync();
        await using var renewal = await renewing.BeginTransactionAsync();
        await using var touch = new NpgsqlCommand("update edgerooms.heartbeats set at = now()", renewing);
        await touch.ExecuteNonQueryAsync();

        Assert.Empty(await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]));
        Assert.True((await node.Leases.ClaimAsync([RoomId.Parse("a/1")], default))[0].IsGranted);
    }

    [Fact]
    public async Task Case_8_Only_the_winners_alarms_and_marks_are_stored()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        AlarmChange[] alarms = [new AlarmChange(Guid.NewGuid(), "x", DateTimeOffset.UtcNow)];
        var mark = new CommandMark("s", 2, default(EffectSet).With(0), 1);

        var losers = await writer.AppendAsync([Append(Wake("a/1"), 1, alarms, mark), Append(Wake("a/2"), 1, alarms, mark)]);

        Assert.Equal([new AppendConflict(1, 0)], losers);
        Assert.Equal("a/1", await lab.ScalarAsync<string>("select string_agg(room, ',') from edgerooms.alarms"));
        Assert.Equal("a/1", await lab.ScalarAsync<string>("select string_agg(room, ',') from edgerooms.command_marks"));
    }

    [Fact]
    public async Task An_append_that_cannot_get_its_lock_is_rolled_back_and_no_data_error()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        await using var held = await lab.Inspector.OpenConnectionAsync();
        await using var transaction = await held.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("select 1 from edgerooms.mt_streams for update", held);
        await hold.ExecuteScalarAsync();

        var refused = await Assert.ThrowsAsync<AppendRolledBackException>(() => writer.AppendAsync([Append(Wake("a/1"), 1, Event())]));
        await transaction.RollbackAsync();

        Assert.False(refused.IsData);
        Assert.Empty(await writer.AppendAsync([Append(Wake("a/1"), 1, Event())]));
    }
}
