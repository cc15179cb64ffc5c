using System.Text.Json;

using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Sessions;

/// <summary>The next process: the same session, the same numbers, and what was on its way goes through once.</summary>
public sealed class SessionTests
{
    [Fact]
    public async Task The_next_process_goes_on_with_the_session_the_numbers_and_the_unanswered_commands()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(new { epoch = "3" }, store: store);
        _ = before.Room.SendAsync("answered");
        _ = before.Room.SendAsync("sent", JsonElement.Parse("""{"n":1}"""));
        before.Connection.Say(Wire.Ack(before.Connection.Take("send")[0], 1));
        before.Connection.Drop();
        _ = before.Room.SendAsync("waiting");

        await using var after = Setup.Live(new { seq = 1 }, store: store.Copy());
        var again = after.Connection.Take("send");
        Assert.Equal(("s1", "s1"), (after.Connection.All("hello")[0].Text("session"), after.Client.Session));
        Assert.Equal([(2L, "sent", "3"), (3L, "waiting", null)], again.Select(f => (f.Number("cmd")!.Value, f.Text("name")!, f.Text("epoch"))));
        Assert.Equal("""{"n":1}""", again[0].GetProperty("data").GetRawText());
        after.Connection.Say(Wire.Ack(again[0], 2, new { dup = true }), Wire.Ack(again[1], 3));
        var fresh = after.Room.SendAsync("fresh");
        after.Connection.Say(Wire.Ack(Assert.Single(after.Connection.Take("send")), 4));

        Assert.Equal("seq 4", fresh.Outcome());
        Assert.Equal(4, after.Connection.All("send")[^1].Number("cmd"));
    }

    [Fact]
    public async Task Numbers_go_on_with_nothing_unanswered()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(store: store);
        _ = before.Room.SendAsync("a");
        before.Connection.Say(Wire.Ack(before.Connection.Take("send")[0], 1));
        await using var after = Setup.Live(new { seq = 1 }, store: store.Copy());
        _ = after.Room.SendAsync("b");

        Assert.Equal([2], after.Connection.All("send").Cmds());
    }

    [Fact]
    public async Task A_number_is_kept_before_it_is_on_the_wire()
    {
        var store = new MemoryStore();
        await using var all = Setup.Live(store: store);
        string kept = "";
        var send = all.Connection.Socket.Sent!;
        all.Connection.Socket.Sent = text =>
        {
            kept = store.Texts["edgerooms:ws://server/:" + Wire.Room];
            send(text);
        };
        _ = all.Room.SendAsync("a");

        Assert.Equal(1, JsonElement.Parse(kept).GetProperty("commands")[0].Number("cmd"));
    }

    [Fact]
    public async Task In_a_new_session_what_was_sent_is_told_as_unknown_and_not_sent_again()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(store: store);
        _ = before.Room.SendAsync("sent");
        await using var after = Setup.Live(welcomed: new { session = "s2" }, store: store.Copy());

        Assert.Equal(["outcome_unknown"], after.Heard.Errors);
        Assert.Empty(after.Connection.All("send"));
    }

    [Fact]
    public async Task A_room_opened_only_after_the_session_has_changed_keeps_to_its_own()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(store: store);
        _ = before.Room.SendAsync("sent");
        before.Connection.Drop();
        _ = before.Room.SendAsync("waiting");
        await using var after = new Setup(store: store.Copy());
        _ = after.Client.Room("chat/other");
        var connection = after.Server.Next().LetIn(welcomed: new { session = "s2" });
        after.Open();
        connection.LetIn(welcomed: new { session = "s2" });

        Assert.Equal([(1L, "waiting")], connection.All("send").Select(f => (f.Number("cmd")!.Value, f.Text("name")!)));
        Assert.Single(after.Log.Lines, line => line.Text.Contains("'sent' was sent, and whether", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_users_process_does_not_send_what_was_left()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(store: store);
        before.Connection.Drop();
        _ = before.Room.SendAsync("waiting");
        await using var after = Setup.Live(welcomed: new { session = "s2", user = "bob" }, store: store.Copy());

        Assert.Equal(["user_changed"], after.Heard.Errors);
        Assert.Empty(after.Connection.All("send"));
    }

    [Fact]
    public async Task A_store_that_fails_costs_no_more_than_the_session()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(store: store);
        _ = before.Room.SendAsync("kept");
        store.IsFailing = true;
        var sent = before.Room.SendAsync("not kept");
        var frames = before.Connection.Take("send");
        before.Connection.Say(Wire.Ack(frames[0], 1), Wire.Ack(frames[1], 2));
        store.IsFailing = false;
        before.Reconnect().LetIn(new { seq = 2, recovered = true });
        await using var after = Setup.Live(welcomed: new { session = "s2" }, store: store.Copy());

        Assert.Equal("seq 2", sent.Outcome());
        Assert.Null(after.Connection.All("hello")[0].Text("session"));
        Assert.Empty(after.Connection.All("send"));
        Assert.Single(before.Log.Lines, line => line.Text.StartsWith("The session's store failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Commands_that_cannot_be_read_end_the_session_as_its_numbers_are_not_known()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(store: store);
        _ = before.Room.SendAsync("lost");
        store.Texts["edgerooms:ws://server/:" + Wire.Room] = "{";
        await using var after = new Setup(store: store);
        _ = after.Client.Room("chat/other");
        after.Server.Next().LetIn();
        after.Open();

        Assert.Null(after.Reconnected().All("hello")[0].Text("session"));
    }

    [Fact]
    public async Task A_session_that_another_client_goes_on_with_is_not_taken_up_again()
    {
        var store = new MemoryStore();
        await using var before = Setup.Live(store: store);
        before.Connection.Socket.End(4005);
        await using var after = Setup.Live(store: store);

        Assert.Null(after.Connection.All("hello")[0].Text("session"));
    }

    [Fact]
    public void Files_are_for_one_process_at_a_time()
    {
        var folder = Directory.CreateTempSubdirectory("edgerooms-");
        const string key = "edgerooms:wss://host:8443/path/:chat/lobby";
        using (var store = new FileSessionStore(folder.FullName))
        {
            store.Set(key, "one");
            store.Set(key, "two");
            store.Set(key + "2", "other");
            store.Remove(key + "2");
            Assert.Throws<IOException>(() => new FileSessionStore(folder.FullName));
        }

        using (var next = new FileSessionStore(folder.FullName))
        {
            Assert.Equal(("two", null), (next.Get(key), next.Get(key + "2")));
        }

        folder.Delete(recursive: true);
    }
}
