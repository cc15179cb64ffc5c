using EdgeRooms.Events;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Conformance;

/// <summary>What every event log does with snapshots, trimming, alarms and marks.</summary>
public abstract class SnapshotConformance : ConformanceTest
{
    [Fact]
    public async Task A_snapshot_comes_back_in_both_parts()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, Event())]);

        Assert.True(await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 1), default));
        var snapshot = (await node.Log.LoadAsync("a/1")).Snapshot!;

        Assert.Equal((1, 1, 3), (snapshot.Epoch, snapshot.Version, snapshot.StateVersion));
        Assert.Equal("""{"x":[1,{"y":"z"}]}""", EventLogConformance.Text(snapshot.State));
        Assert.Equal("""{"v":1,"sessions":[]}""", EventLogConformance.Text(snapshot.Engine));
    }

    [Fact]
    public async Task A_snapshot_without_state_stays_without()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, Event())]);

        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 1) with { State = default }, default);

        Assert.True((await node.Log.LoadAsync("a/1")).Snapshot!.State.IsEmpty);
    }

    [Fact]
    public async Task A_snapshot_only_raises_the_version()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, Event(), Event(), Event())]);

        Assert.True(await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 2), default));
        Assert.False(await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 1), default));
        Assert.False(await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 2), default));
        Assert.True(await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 3), default));

        Assert.Equal(3, (await node.Log.LoadAsync("a/1")).Snapshot!.Version);
    }

    [Fact]
    public async Task A_snapshot_ahead_of_its_stream_or_of_another_epoch_is_ignored()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event()), Append(Wake("a/2"), 0, Event())]);

        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(Wake("a/1"), 2), default);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(Wake("a/2", 2), 1), default);

        Assert.Null((await node.Log.LoadAsync("a/1")).Snapshot);
        Assert.Null((await node.Log.LoadAsync("a/2")).Snapshot);
        Assert.Single((await node.Log.LoadAsync("a/2")).Tail);
    }

    [Fact]
    public async Task Trimming_stops_at_the_kept_snapshot()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, [.. Enumerable.Range(1, 10).Select(i => Event(i))])]);

        Assert.Equal(0, await node.Log.TrimAsync(room.Room, 1, 5, default));
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 6), default);
        Assert.Equal(4, await node.Log.TrimAsync(room.Room, 1, 4, default));
        Assert.Equal(2, await node.Log.TrimAsync(room.Room, 1, 9, default));

        var stored = await node.Log.LoadAsync("a/1");
        var page = await node.Log.ReadAsync(room.Room, 1, 0, 2, default);
        Assert.Equal((7, 10), (stored.FirstVersion, stored.Version));
        Assert.Equal([7, 8, 9, 10], stored.Tail.Select(e => e.Version));
        Assert.Equal((7, 7, true), (page.FirstVersion, page.Events[0].Version, page.More));
    }

    [Fact]
    public async Task A_stream_may_be_trimmed_to_nothing()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, Event(), Event())]);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 2), default);

        await node.Log.TrimAsync(room.Room, 1, 2, default);

        var stored = await node.Log.LoadAsync("a/1");
        Assert.Equal((2, 3, 0), (stored.Version, stored.FirstVersion, stored.Tail.Count));
        Assert.Empty(await writer.AppendAsync([Append(room, 2, Event())]));
        Assert.Equal(3, (await node.Log.LoadAsync("a/1")).FirstVersion);
    }

    [Fact]
    public async Task Alarms_are_stored_moved_and_deleted_by_id()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        var (first, second, third) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var due = DateTimeOffset.UtcNow.AddMinutes(-1);

        await writer.AppendAsync([Append(room, 0, [new AlarmChange(first, "turn", due), new AlarmChange(third, "gone", due), new AlarmChange(third, "gone", null)])]);
        Assert.Equal(first, Assert.Single((await node.Log.LoadAsync("a/1")).Alarms).Id);
        await writer.AppendAsync([Append(room, 0, [new AlarmChange(second, "turn", due)])]);
        await writer.AppendAsync([Append(room, 0, [new AlarmChange(first, "turn", null)])]);
        Assert.Equal(second, Assert.Single(await node.Log.ReadDueAlarmsAsync(10, default)).Id);
        await writer.AppendAsync([Append(room, 0, [new AlarmChange(second, "turn", null)])]);

        Assert.Empty((await node.Log.LoadAsync("a/1")).Alarms);
    }

    [Fact]
    public async Task Alarms_without_events_check_the_version()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        AlarmChange[] alarms = [new AlarmChange(Guid.NewGuid(), "turn", DateTimeOffset.UtcNow)];

        Assert.Equal([new AppendConflict(0, 1)], await writer.AppendAsync([Append(Wake("a/1"), 0, alarms)]));
        Assert.Equal([new AppendConflict(0, 0)], await writer.AppendAsync([Append(Wake("a/2"), 3, alarms)]));
        Assert.Empty(await node.Log.ReadDueAlarmsAsync(10, default));
        Assert.Empty(await writer.AppendAsync([Append(Wake("a/1"), 1, alarms)]));
        Assert.Empty(await writer.AppendAsync([Append(Wake("a/2"), 0, alarms)]));

        Assert.Equal(2, (await node.Log.ReadDueAlarmsAsync(10, default)).Count);
        Assert.Equal(1, (await node.Log.LoadAsync("a/1")).Version);
        Assert.Equal(0, (await node.Log.LoadAsync("a/2")).Version);
    }

    [Fact]
    public async Task Due_alarms_are_those_of_rooms_that_no_other_live_node_owns()
    {
        var (one, two) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        await using var writer = await one.Log.OpenWriterAsync(0, default);
        string[] rooms = ["a/mine", "a/other", "a/nobody"];
        var now = DateTimeOffset.UtcNow;
        await writer.AppendAsync([.. rooms.Select((r, i) => Append(Wake(r), 0, [new AlarmChange(Guid.NewGuid(), "x", now.AddMinutes(i - 5))]))]);
        await writer.AppendAsync([Append(Wake("a/later"), 0, [new AlarmChange(Guid.NewGuid(), "x", now.AddHours(1))])]);
        await one.Leases.ClaimAsync([RoomId.Parse("a/mine")], default);
        await two.Leases.ClaimAsync([RoomId.Parse("a/other")], default);

        Assert.Equal(["a/mine", "a/nobody"], (await one.Log.ReadDueAlarmsAsync(10, default)).Select(a => a.Room.ToString()));
        Assert.Equal(["a/other", "a/nobody"], (await two.Log.ReadDueAlarmsAsync(10, default)).Select(a => a.Room.ToString()));
        Assert.Single(await one.Log.ReadDueAlarmsAsync(1, default));
        await Lab.AgeHeartbeatAsync(two, TimeSpan.FromSeconds(6));

        Assert.Equal(3, (await one.Log.ReadDueAlarmsAsync(10, default)).Count);
    }

    [Fact]
    public async Task Marks_are_stored_and_end_in_a_later_snapshot()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        var effects = default(EffectSet).With(0).With(3);
        await writer.AppendAsync([Append(room, 0, Event())]);
        await writer.AppendAsync([Append(room, 1, [], new CommandMark("s", 4, default, 1))]);
        await writer.AppendAsync([Append(room, 1, [], new CommandMark("s", 5, effects, 1))]);

        Assert.Equal([new CommandMark("s", 5, effects, 1)], (await node.Log.LoadAsync("a/1")).Marks);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 1), default);
        Assert.Single((await node.Log.LoadAsync("a/1")).Marks);
        await writer.AppendAsync([Append(room, 1, Event())]);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 2), default);

        Assert.Empty((await node.Log.LoadAsync("a/1")).Marks);
    }

    [Fact]
    public async Task A_raised_epoch_copies_events_without_the_numbers_of_sessions()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, Event(1), Event(2))]);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 1), default);

        Assert.Equal(2, await node.Log.RaiseEpochAsync(room.Room, 1, copy: true, null, default));
        Assert.Equal(2, await node.Log.RaiseEpochAsync(room.Room, 1, copy: true, null, default));

        var stored = await node.Log.LoadAsync("a/1");
        Assert.Equal((2, 2), (stored.Epoch, stored.Version));
        Assert.Null(stored.Snapshot);
        Assert.All(stored.Tail, e => Assert.Equal(new EventHeaders("ann", Member: "member-a"), e.Headers));
        Assert.Empty(await writer.AppendAsync([Append(Wake("a/1", 2), 2, Event(1))]));
        Assert.Equal(2, (await node.Log.ReadAsync(room.Room, 1, 0, 10, default)).Version);
    }

    [Fact]
    public async Task A_raised_epoch_of_a_trimmed_stream_brings_its_snapshot()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, Event(1), Event(2), Event(3))]);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(room, 2), default);
        await node.Log.TrimAsync(room.Room, 1, 2, default);

        await node.Log.RaiseEpochAsync(room.Room, 1, copy: true, EventLogConformance.Snapshot(Wake("a/1", 2), 2), default);

        var stored = await node.Log.LoadAsync("a/1");
        Assert.Equal((2, 3, 3), (stored.Epoch, stored.Version, stored.FirstVersion));
        Assert.Equal((2L, 2L), (stored.Snapshot!.Epoch, stored.Snapshot.Version));
    }

    [Fact]
    public async Task A_raised_epoch_may_start_empty()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, Event(1))]);
        await writer.AppendAsync([Append(room, 1, [new AlarmChange(Guid.NewGuid(), "x", DateTimeOffset.UtcNow)])]);

        Assert.Equal(2, await node.Log.RaiseEpochAsync(room.Room, 1, copy: false, null, default));

        var stored = await node.Log.LoadAsync("a/1");
        Assert.Equal((2, 0, 0), (stored.Epoch, stored.Version, stored.Alarms.Count));
        Assert.Equal(2, await node.Log.RaiseEpochAsync(room.Room, 7, copy: false, null, default));
    }
}
