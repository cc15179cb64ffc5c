using System.Threading.Channels;
using EdgeRooms.Cluster;
using EdgeRooms.Conformance;
using EdgeRooms.Events;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Postgres.Tests;

/// <summary>HARD-CASES 18 to 20 and the loss of a listener.</summary>
public sealed class LeaseHardCases(TestCluster cluster)
{
    static readonly RoomId Room = RoomId.Parse("a/1");

    [Fact]
    public async Task Case_18_A_node_that_was_not_steady_itself_judges_nobody_by_heartbeat()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var (silent, late) = (await lab.StartAsync("n1"), await lab.StartAsync("n2"));
        await silent.Leases.ClaimAsync([Room], default);
        await lab.AgeHeartbeatAsync(silent, TimeSpan.FromSeconds(60));

        Assert.Equal("n1", (await late.Leases.ClaimAsync([Room], default))[0].Owner);
        await lab.MakeSteadyAsync(late);
        lab.ProcessOf(late).Time.Advance(TimeSpan.FromSeconds(4));
        Assert.True(await late.Leases.RenewAsync(default));
        Assert.Equal("n1", (await late.Leases.ClaimAsync([Room], default))[0].Owner);
        await lab.MakeSteadyAsync(late);

        Assert.True((await late.Leases.ClaimAsync([Room], default))[0].IsGranted);
    }

    [Fact]
    public async Task Case_18_A_node_without_sessions_whose_link_answers_is_not_dead()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var (cut, live) = (await lab.StartAsync("n1"), await lab.StartAsync("n2"));
        await cut.Leases.ClaimAsync([Room], default);
        await lab.ScalarAsync<object>(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", lab.ProcessOf(cut).Database.SessionName);
        await lab.UntilNoSessionAsync(cut);

        Assert.Equal("n1", (await live.Leases.ClaimAsync([Room], default))[0].Owner);
    }

    [Fact]
    public async Task Case_18_A_dead_owner_of_many_rooms_is_fenced_once()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var (dead, live) = (await lab.StartAsync("n1"), await lab.StartAsync("n2"));
        RoomId[] rooms = [.. Enumerable.Range(0, 256).Select(i => RoomId.Parse($"a/{i}"))];
        await dead.Leases.ClaimAsync(rooms, default);
        await lab.KillAsync(dead);

        Assert.All(await live.Leases.ClaimAsync(rooms, default), c => Assert.True(c.IsGranted));

        Assert.True(await lab.ScalarAsync<bool>("select fenced from edgerooms.nodes where name = 'n1'"));
    }

    [Fact]
    public async Task Case_19_A_room_that_never_had_an_event_loses_its_row()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        await node.Leases.ClaimAsync([Room, RoomId.Parse("a/2")], default);
        Assert.Equal("n1", await lab.ScalarAsync<string>("select owner from edgerooms.room_directory where room = 'a/1' and seq = 1 and epoch = 1"));

        await node.Leases.ReleaseAsync([Room, RoomId.Parse("a/2")], default);

        Assert.Equal("a/1", await lab.ScalarAsync<string>("select string_agg(room, ',') from edgerooms.rooms"));
        Assert.Null(await lab.ScalarAsync<string>("select owner from edgerooms.room_directory where room = 'a/1'"));
    }

    [Fact]
    public async Task Case_20_A_fence_waits_for_the_batch_in_flight()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var (silent, live) = (await lab.StartAsync("n1"), await lab.StartAsync("n2"));
        await using var writer = await silent.Log.OpenWriterAsync(0, default);
        await silent.Leases.ClaimAsync([Room], default);
        await lab.MakeSteadyAsync(live);
        await lab.AgeHeartbeatAsync(silent, TimeSpan.FromSeconds(6));
        await using var held = await lab.Inspector.OpenConnectionAsync();
        await using var transaction = await held.BeginTransactionAsync();
        await using var hold = new Npgsql.NpgsqlCommand("select 1 from edgerooms.fences for share", held);
        await hold.ExecuteScalarAsync();

        var claim = live.Leases.ClaimAsync([Room], default);
        await Assert.ThrowsAsync<TimeoutException>(() => claim.WaitAsync(TimeSpan.FromMilliseconds(300)));
        await transaction.CommitAsync();

        Assert.True((await claim)[0].IsGranted);
        await Assert.ThrowsAsync<NodeFencedException>(() => writer.AppendAsync([Append(Wake("a/1"), 0, Event())]));
    }

    [Fact]
    public async Task A_listener_whose_session_dies_listens_again_and_says_so()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        using var stop = new CancellationTokenSource();
        var heard = Channel.CreateUnbounded<Signal>();
        var listening = node.Signals.ListenAsync(s => heard.Writer.TryWrite(s), stop.Token);
        Assert.Equal(SignalKind.Reconnected, (await heard.Reader.ReadAsync()).Kind);

        await lab.ScalarAsync<object>("select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen edgerooms'");

        Assert.Equal(SignalKind.Reconnected, (await heard.Reader.ReadAsync()).Kind);
        await node.Signals.PublishAsync(new Signal(SignalKind.OrderGiven, "user:with:colons"), default);
        Assert.Equal(new Signal(SignalKind.OrderGiven, "user:with:colons"), await heard.Reader.ReadAsync());
        await stop.CancelAsync();
        await listening;
    }
}
