using System.Text;

using EdgeRooms.Events;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;

namespace EdgeRooms.Tests.Rooms;

/// <summary>A room's lives follow one another: what a snapshot carries, what sessions keep, who speaks for them.</summary>
public sealed class LifeTests
{
    static RoomKind Kind(Action<RoomKindOptions>? configure = null)
    {
        var options = new RoomKindOptions { SnapshotEvery = 10 };
        configure?.Invoke(options);
        return RoomKind.Of<Tally>("tally", options);
    }

    static async Task<(InMemoryStore Store, string Session)> LiveAsync(int commands)
    {
        var store = new InMemoryStore();
        await using var process = await LabProcess.StartAsync(store, "lab", options: LabProcess.Unlimited(), kinds: [Kind()]);
        var ann = await process.JoinAsync("ann");
        for (long cmd = 1; cmd <= commands; cmd++)
        {
            await ann.AddAsync(cmd, cmd == 5 ? -1 : 2); // the fifth is refused
            await ann.NextAsync("ack", "error");
        }

        string session = ann.Seen.First(f => f.GetProperty("type").GetString() == "welcome").GetProperty("session").GetString()!;
        return (store, session);
    }

    [Fact]
    public async Task A_room_loaded_from_its_snapshot_is_the_one_that_was_case_6()
    {
        var (store, session) = await LiveAsync(25);
        Assert.True(store.Snapshots.ContainsKey(RoomId.Parse("tally/a")));
        await using var process = await LabProcess.StartAsync(store, "lab", options: LabProcess.Unlimited(), kinds: [Kind()]);

        var ann = process.Open("ann", "tally/a", session, since: 20);
        var joined = await ann.NextAsync("joined");

        Assert.True(joined.GetProperty("recovered").GetBoolean());
        for (long seq = 21; seq <= 24; seq++)
        {
            Assert.Equal(seq, (await ann.NextAsync("event")).GetProperty("seq").GetInt64());
        }

        await ann.AddAsync(5, 100);
        Assert.True((await ann.NextAsync("ack")).GetProperty("refused").GetBoolean());
        await ann.AddAsync(25, 100);
        Assert.True((await ann.NextAsync("ack")).GetProperty("dup").GetBoolean());
        await ann.AddAsync(26, 2);
        Assert.Equal(50, (await ann.NextAsync("ack")).GetProperty("result").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task A_changed_state_version_folds_the_stream_anew_and_keeps_the_engines_part_case_7()
    {
        var (store, session) = await LiveAsync(25);
        await using var process = await LabProcess.StartAsync(store, "lab", options: LabProcess.Unlimited(), kinds: [Kind(o => o.StateVersion = 2)]);

        var ann = process.Open("ann", "tally/a", session);
        Assert.Equal(48, (await ann.NextAsync("joined")).GetProperty("state").GetProperty("value").GetInt64());
        await ann.AddAsync(25, 100);
        Assert.True((await ann.NextAsync("ack")).GetProperty("dup").GetBoolean());
    }

    [Fact]
    public async Task A_trimmed_stream_under_a_changed_state_refuses_to_load_unless_it_is_upcast_case_7()
    {
        var (store, _) = await LiveAsync(25);
        lock (store.Gate)
        {
            store.Streams["tally/a"].Events.RemoveRange(0, 15);
        }

        await using (var process = await LabProcess.StartAsync(store, "lab", options: LabProcess.Unlimited(), kinds: [Kind(o => o.StateVersion = 2)]))
        {
            var error = await process.Open("ann", "tally/a").NextAsync("joined", "error");
            Assert.Equal(("internal", true), (error.GetProperty("code").GetString(), error.GetProperty("retry").GetBoolean()));
        }

        static void Upcast(RoomKindOptions options)
        {
            options.StateVersion = 2;
            options.UpcastState = static (_, json) => json;
        }

        await using var upcasting = await LabProcess.StartAsync(store, "lab", options: LabProcess.Unlimited(), kinds: [Kind(Upcast)]);
        var joined = await upcasting.Open("ann", "tally/a").NextAsync("joined", "error");
        Assert.Equal(48, joined.GetProperty("state").GetProperty("value").GetInt64());
    }

    [Fact]
    public async Task The_oldest_session_of_too_many_is_gone_and_gets_a_new_one_case_16()
    {
        var options = LabProcess.Unlimited();
        options.Engine.SessionsPerRoom = 16;
        await using var lab = await EngineLab.StartAsync(options);
        var first = await lab.JoinAsync("first");
        await first.AddAsync(1);
        await first.NextAsync("ack");
        string session = first.Seen.First(f => f.GetProperty("type").GetString() == "welcome").GetProperty("session").GetString()!;
        await Task.Delay(5); // issue times count milliseconds
        for (int i = 0; i < 17; i++)
        {
            var other = await lab.JoinAsync($"u{i}");
            await other.AddAsync(1);
            await other.NextAsync("ack");
        }

        await first.AddAsync(1);

        Assert.Equal("gone", (await first.NextAsync("ack", "error")).GetProperty("code").GetString());
        Assert.Equal(18, (await lab.EventsAsync()).Count);
        Assert.NotEqual(session, (await lab.JoinAsync("first")).Seen[0].GetProperty("session").GetString());
    }

    [Fact]
    public async Task A_newer_connection_on_another_router_takes_the_session_over_case_17()
    {
        var store = new InMemoryStore();
        await using var node = await LabProcess.StartAsync(store, "n1", ProcessRole.Node);
        await using var r1 = await LabProcess.StartAsync(store, "r1", ProcessRole.Router);
        await using var r2 = await LabProcess.StartAsync(store, "r2", ProcessRole.Router);
        var older = await r1.JoinAsync("ann");
        string session = older.Seen.First(f => f.GetProperty("type").GetString() == "welcome").GetProperty("session").GetString()!;
        await Task.Delay(5); // stamps count milliseconds

        var newer = r2.Open("ann", "tally/a", session);
        await newer.NextAsync("joined");
        await older.AddAsync(1, 100); // what is still in the older's socket has no effect
        await newer.AddAsync(1, 3);

        Assert.Equal(3, (await newer.NextAsync("ack")).GetProperty("result").GetProperty("value").GetInt64());
        Assert.Equal(4005, await older.Closed.WaitAsync(TimeSpan.FromSeconds(10)));
        var bob = await r1.JoinAsync("bob");
        Assert.Equal(2, bob.Seen[^1].GetProperty("members").GetArrayLength());
    }

    [Fact]
    public async Task A_state_of_the_past_is_what_the_fold_was_then()
    {
        var (store, _) = await LiveAsync(25);
        await using var process = await LabProcess.StartAsync(store, "lab", options: LabProcess.Unlimited(), kinds: [Kind()]);
        var reader = new Principal("ann", null, DateTimeOffset.MaxValue, new RoomRights(new Dictionary<string, Right>()));

        foreach (long seq in (long[])[0, 1, 9, 10, 11, 24])
        {
            var then = await process.Process.Past.ReadAsync(process.Process.Kinds.Find("tally")!, RoomId.Parse("tally/a"), seq, reader);
            Assert.Equal($$"""{"value":{{2 * seq}}}""", Encoding.UTF8.GetString(then!.Value.State.Span));
        }

        Assert.Null(await process.Process.Past.ReadAsync(process.Process.Kinds.Find("tally")!, RoomId.Parse("tally/a"), 25, reader));
    }

    [Fact]
    public async Task The_engines_alarm_is_none_of_the_authors_64()
    {
        await using var process = await LabProcess.StartAsync(new InMemoryStore(), "lab");
        var ann = await process.JoinAsync("ann", "guests/a");

        await ann.SendAsync("""{"type":"send","room":"guests/a","id":1,"cmd":1,"name":"allAlarms"}""");

        Assert.Equal("ack", (await ann.NextAsync("ack", "error")).GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_recorded_join_tells_the_others_nothing_of_the_session()
    {
        await using var process = await LabProcess.StartAsync(new InMemoryStore(), "lab");
        var ann = await process.JoinAsync("ann", "guests/a");
        var bob = await process.JoinAsync("bob", "guests/a");

        var joined = await ann.NextAsync("event");
        while (joined.GetProperty("by").GetString() != "bob")
        {
            joined = await ann.NextAsync("event");
        }

        string key = bob.Seen.First(f => f.GetProperty("type").GetString() == "welcome").GetProperty("session").GetString()!.Split('.')[0];
        Assert.Equal("member_joined", joined.GetProperty("name").GetString());
        Assert.DoesNotContain(key, joined.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("room_full", "room_full")]
    [InlineData("forbidden", "forbidden")]
    [InlineData("rejected", "rejected")]
    [InlineData("go_away", "internal")] // the author's mistake, which the log tells
    public async Task A_join_is_refused_with_a_code_that_clients_know(string code, string told)
    {
        await using var process = await LabProcess.StartAsync(
            new InMemoryStore(), "lab", kinds: [RoomKind.Of<Doorman>("doorman", new RoomKindOptions())]);

        var refused = await process.Open(code, "doorman/a").NextAsync("error");

        Assert.Equal(told, refused.GetProperty("code").GetString());
    }
}
