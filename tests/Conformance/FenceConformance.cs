using EdgeRooms.Events;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Conformance;

/// <summary>Who may write: lanes, boots and fences in every event log.</summary>
public abstract class FenceConformance : ConformanceTest
{
    [Fact]
    public async Task A_newer_writer_of_the_lane_fences_the_older()
    {
        var node = await Lab.StartAsync("n1");
        await using var old = await node.Log.OpenWriterAsync(0, default);
        await using var other = await node.Log.OpenWriterAsync(1, default);
        await using var newer = await node.Log.OpenWriterAsync(0, default);

        await Assert.ThrowsAsync<NodeFencedException>(() => old.AppendAsync([Append(Wake("a/1"), 0, Event())]));
        Assert.Empty(await newer.AppendAsync([Append(Wake("a/1"), 0, Event())]));

        Assert.Empty(await other.AppendAsync([Append(Wake("a/1"), 1, Event())]));
    }

    [Fact]
    public async Task A_stale_owner_cannot_append()
    {
        var (dead, live) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        await using var writer = await dead.Log.OpenWriterAsync(0, default);
        await dead.Leases.ClaimAsync([RoomId.Parse("a/1")], default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        await Lab.MakeSteadyAsync(live);
        await Lab.AgeHeartbeatAsync(dead, TimeSpan.FromSeconds(6));
        Assert.True((await live.Leases.ClaimAsync([RoomId.Parse("a/1")], default))[0].IsGranted);

        await Assert.ThrowsAsync<NodeFencedException>(() => writer.AppendAsync([Append(Wake("a/1"), 1, Event())]));
        await Assert.ThrowsAsync<NodeFencedException>(
            () => writer.AppendAsync([Append(Wake("a/1"), 1, [new AlarmChange(Guid.NewGuid(), "x", DateTimeOffset.UtcNow)])]));
        await Assert.ThrowsAsync<NodeFencedException>(() => dead.Log.OpenWriterAsync(0, default));
        Assert.False(await dead.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(Wake("a/1"), 1), default));

        Assert.Equal(1, (await live.Log.LoadAsync("a/1")).Version);
        Assert.Empty((await live.Log.LoadAsync("a/1")).Alarms);
    }

    [Fact]
    public async Task A_fenced_node_comes_back_with_a_new_boot()
    {
        var (dead, live) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        long boot = dead.Leases.Node.Boot;
        await dead.Leases.ClaimAsync([RoomId.Parse("a/1")], default);
        await Lab.MakeSteadyAsync(live);
        await Lab.AgeHeartbeatAsync(dead, TimeSpan.FromSeconds(6));
        await live.Leases.ClaimAsync([RoomId.Parse("a/1")], default);

        await dead.Leases.RegisterAsync(default);
        await using var writer = await dead.Log.OpenWriterAsync(0, default);

        Assert.True(dead.Leases.Node.Boot > boot);
        Assert.Empty(await writer.AppendAsync([Append(Wake("a/2"), 0, Event())]));
        Assert.Equal("n2", (await dead.Leases.ClaimAsync([RoomId.Parse("a/1")], default))[0].Owner);
    }

    [Fact]
    public async Task A_node_that_left_writes_nothing()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);

        await node.Leases.LeaveAsync(default);

        await Assert.ThrowsAsync<NodeFencedException>(() => writer.AppendAsync([Append(Wake("a/1"), 0, Event())]));
    }
}
