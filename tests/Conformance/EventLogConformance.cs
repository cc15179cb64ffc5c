using System.Text;
using System.Text.Json.Nodes;
using EdgeRooms.Events;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Conformance;

/// <summary>What every event log does: appends and loads.</summary>
public abstract class EventLogConformance : ConformanceTest
{
    [Fact]
    public async Task What_is_appended_is_loaded()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("chess/42");
        var headers = new EventHeaders("ann", "s", 7, "m", "key", "hash", default(EffectSet).With(0).With(200), Json("""{"ok":true}"""));

        Assert.Empty(await writer.AppendAsync([Append(room, 0, Event(1), Event(2, headers, """{"to":"åß\n\"é"}"""))]));
        var stored = await node.Log.LoadAsync("chess/42");

        Assert.Equal((1, 2, 1), (stored.Epoch, stored.Version, stored.FirstVersion));
        Assert.Equal([1, 2], stored.Tail.Select(e => e.Version));
        Assert.Equal("moved", stored.Tail[1].TypeName);
        Assert.Equal(At, stored.Tail[1].At);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"to":"åß\n\"é"}"""), JsonNode.Parse(stored.Tail[1].Body.Span)));
        var read = stored.Tail[1].Headers;
        Assert.Equal(headers with { Result = default }, read with { Result = default });
        Assert.True(JsonNode.Parse(read.Result.Span)!["ok"]!.GetValue<bool>());
        Assert.Null(stored.Snapshot);
    }

    [Fact]
    public async Task A_room_without_events_loads_empty()
    {
        var node = await Lab.StartAsync("n1");

        var stored = await node.Log.LoadAsync("chess/none");

        Assert.Equal((1, 0, 1), (stored.Epoch, stored.Version, stored.FirstVersion));
        Assert.Empty(stored.Tail);
    }

    [Fact]
    public async Task Rooms_load_in_the_order_asked_for()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event()), Append(Wake("a/2"), 0, Event(), Event()), Append(Wake("a/3"), 0, Event())]);

        var stored = await node.Log.LoadAsync([RoomId.Parse("a/3"), RoomId.Parse("a/9"), RoomId.Parse("a/2")], default);

        Assert.Equal(["a/3", "a/9", "a/2"], stored.Select(s => s.Room.ToString()));
        Assert.Equal([1, 0, 2], stored.Select(s => s.Version));
        Assert.Equal([1, 0, 2], stored.Select(s => (long)s.Tail.Count));
    }

    [Fact]
    public async Task A_loser_is_named_and_its_neighbours_commit()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event(), Event()), Append(Wake("a/2"), 0, Event())]);

        var losers = await writer.AppendAsync([
            Append(Wake("a/1"), 1, Event()), Append(Wake("a/2"), 1, Event()), Append(Wake("a/3"), 4, Event()), Append(Wake("a/2b"), 0, Event())]);

        Assert.Equal([new AppendConflict(0, 2), new AppendConflict(2, 0)], losers.OrderBy(l => l.Index));
        Assert.Equal([2L, 2L, 0L, 1L], await node.Log.ReadVersionsAsync([Wake("a/1"), Wake("a/2"), Wake("a/3"), Wake("a/2b")], default));
    }

    [Fact]
    public async Task A_new_stream_that_is_there_already_loses()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);

        var losers = await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);

        Assert.Equal([new AppendConflict(0, 1)], losers);
    }

    [Fact]
    public async Task A_page_tells_whether_more_follows()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, [.. Enumerable.Range(1, 5).Select(i => Event(i))])]);

        var first = await node.Log.ReadAsync(RoomId.Parse("a/1"), 0, 0, 3, default);
        var second = await node.Log.ReadAsync(RoomId.Parse("a/1"), 1, 3, 3, default);
        var beyond = await node.Log.ReadAsync(RoomId.Parse("a/1"), 1, 5, 3, default);
        var nothing = await node.Log.ReadAsync(RoomId.Parse("a/none"), 0, 0, 3, default);

        Assert.Equal([1, 2, 3], first.Events.Select(e => e.Version));
        Assert.Equal((1, 5, 1, true), (first.Epoch, first.Version, first.FirstVersion, first.More));
        Assert.Equal([4, 5], second.Events.Select(e => e.Version));
        Assert.Equal((1L, false), (second.FirstVersion, second.More));
        Assert.Equal((5L, 0, false), (beyond.Version, beyond.Events.Count, beyond.More));
        Assert.Equal((0L, 1L, false), (nothing.Version, nothing.FirstVersion, nothing.More));
    }

    [Fact]
    public async Task A_tail_starts_after_the_snapshot_or_128_events_back()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("a/1");
        await writer.AppendAsync([Append(room, 0, [.. Enumerable.Range(1, 300).Select(i => Event(i))])]);

        await node.Log.SaveSnapshotAsync(Snapshot(room, 299), default);
        var late = await node.Log.LoadAsync("a/1");
        await writer.AppendAsync([Append(room, 300, [.. Enumerable.Range(301, 1200).Select(i => Event(i))])]);
        var early = await node.Log.LoadAsync("a/1");

        Assert.Equal((299, 173, 300), (late.Snapshot!.Version, late.Tail[0].Version, late.Tail[^1].Version));
        Assert.Equal((299, 300, 1299), (early.Snapshot!.Version, early.Tail[0].Version, early.Tail[^1].Version));
        Assert.Equal(1500, early.Version);
    }

    [Fact]
    public async Task Two_rooms_of_a_long_batch_keep_their_order()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var (one, two) = (new RoomAppend(Wake("a/1"), 0), new RoomAppend(Wake("a/2"), 0));
        foreach (int i in Enumerable.Range(0, 20))
        {
            one.Add(Group(one.Activation, i * 2, [Event(i * 2), Event((i * 2) + 1)]));
            two.Add(Group(two.Activation, i, [Event(i)]));
        }

        Assert.Empty(await writer.AppendAsync([one, two]));

        Assert.Equal(Enumerable.Range(0, 40).Select(i => (long?)i), (await node.Log.LoadAsync("a/1")).Tail.Select(e => e.Headers.Cmd));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long?)i), (await node.Log.LoadAsync("a/2")).Tail.Select(e => e.Headers.Cmd));
    }

    [Fact]
    public async Task Epochs_have_streams_of_their_own()
    {
        var node = await Lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);

        Assert.Empty(await writer.AppendAsync([Append(Wake("a/1"), 0, Event(1)), Append(Wake("a/1", 2), 0, Event(2), Event(3))]));

        Assert.Equal(1, (await node.Log.ReadAsync(RoomId.Parse("a/1"), 1, 0, 10, default)).Version);
        Assert.Equal(2, (await node.Log.ReadAsync(RoomId.Parse("a/1"), 2, 0, 10, default)).Version);
    }

    internal static StoredSnapshot Snapshot(Activation room, long version, string state = """{"x":[1,{"y":"z"}]}""") =>
        new(room.Room, room.Epoch, version, Json("""{"v":1,"sessions":[]}"""), 3, Json(state));

    internal static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span).Replace(" ", "", StringComparison.Ordinal);
}
