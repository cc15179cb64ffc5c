using System.Text.Json;

using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Rooms;

/// <summary>Reading: events without a hole or a repeat, states, sharing.</summary>
public sealed class StreamTests
{
    [Fact]
    public async Task Rooms_opened_before_the_socket_share_it_and_join_behind_the_hello()
    {
        await using var all = new Setup();
        all.Client.Room("chat/a", new RoomOptions { History = 5, Presence = JsonElement.Parse("""{"color":"teal"}""") });
        all.Client.Room("chat/b");
        var connection = all.Server.Next();

        Assert.Single(all.Server.Connections);
        Assert.Equal(
            [
                """{"type":"hello","token":"jwt","client":"edgerooms-net/0.1.0"}""",
                """{"type":"join","id":1,"room":"chat/a","history":5,"data":{"color":"teal"}}""",
                """{"type":"join","id":2,"room":"chat/b"}""",
            ],
            connection.Frames.Select(f => f.GetRawText()));
    }

    [Fact]
    public async Task A_lost_connection_resumes_by_session_epoch_and_since()
    {
        await using var all = Setup.Live(new { seq = 3, epoch = "9007199254740993" });
        all.Connection.Say(Wire.Event(4), Wire.Event(5));
        var second = all.Reconnect();
        var join = second.All("join")[0];
        second.LetIn(new { seq = 7, epoch = "9007199254740993", recovered = true });
        second.Say(Wire.Event(6), Wire.Event(7));

        Assert.Equal("s1", second.All("hello")[0].Text("session"));
        Assert.Equal((5L, "9007199254740993"), (join.Number("since")!.Value, join.Text("epoch")));
        Assert.Equal([4, 5, 6, 7], await all.Heard.SeqsAsync(4));
        Assert.Equal([RoomStatus.Connecting, RoomStatus.Live, RoomStatus.Offline, RoomStatus.Resuming, RoomStatus.Live], all.Heard.Statuses);
        Assert.Empty(all.Heard.Resets);
    }

    [Fact]
    public async Task Several_frames_in_one_message_are_taken_one_by_one_unknown_ones_and_repeats_are_passed_over()
    {
        await using var all = Setup.Live();
        all.Connection.Say(string.Join('\n', Wire.Event(1), """{"type":"news"}""", Wire.Event(2), Wire.Event(2), Wire.Event(1)));
        all.Connection.Say(Wire.Event(3));

        Assert.Equal([1, 2, 3], await all.Heard.SeqsAsync(3));
    }

    [Fact]
    public async Task A_hole_on_a_live_link_is_closed_by_history_without_a_word_to_anyone()
    {
        await using var all = Setup.Live();
        all.Connection.Say(Wire.Event(1), Wire.Event(4), Wire.Event(5));
        var ask = Assert.Single(all.Connection.Take("history"));
        all.Connection.Say(Page(ask, more: false, 2, 3, 4, 5), Wire.Event(6));

        Assert.Equal((1L, Wire.Room), (ask.Number("after")!.Value, ask.Text("room")));
        Assert.Equal([1, 2, 3, 4, 5, 6], await all.Heard.SeqsAsync(6));
        Assert.Single(all.Server.Connections);
    }

    [Fact]
    public async Task A_head_above_what_came_shows_a_hole_and_several_pages_close_it()
    {
        await using var all = Setup.Live();
        var head = new { type = "head", room = Wire.Room, seq = 3 };
        all.Connection.Say(head);
        all.Connection.Say(Page(all.Connection.Take("history")[0], more: true, 1, 2));
        var second = all.Connection.Take("history")[0];
        all.Connection.Say(Page(second, more: false, 3), head);

        Assert.Equal(2, second.Number("after"));
        Assert.Equal([1, 2, 3], await all.Heard.SeqsAsync(3));
        Assert.Empty(all.Connection.Take("history"));
    }

    [Fact]
    public async Task An_ack_above_what_came_shows_a_hole()
    {
        await using var all = Setup.Live();
        _ = all.Room.SendAsync("a");
        all.Connection.Say(Wire.Ack(all.Connection.Take("send")[0], 2));

        Assert.Equal(0, all.Connection.Take("history")[0].Number("after"));
    }

    [Theory]
    [InlineData("""{"type":"error","code":"forbidden","message":"No.","retry":false}""")]
    [InlineData("""{"type":"page","events":[{"type":"event","room":"chat/lobby","seq":5,"name":"n","data":null,"by":null,"at":1}],"more":false}""")]
    [InlineData("""{"type":"page","events":[],"more":false}""")]
    public async Task Where_history_does_not_help_a_fresh_connection_resumes(string answer)
    {
        await using var all = Setup.Live();
        all.Connection.Say(Wire.Event(1), Wire.Event(6));
        var ask = all.Connection.Take("history")[0];
        all.Connection.Say(Wire.Merge(System.Text.Json.Nodes.JsonNode.Parse(answer)!, new { id = ask.Number("id"), room = Wire.Room }).ToJsonString());
        all.Advance(5);

        Assert.Equal(1, all.Server.Next().All("join")[0].Number("since"));
        Assert.Equal(4999, all.Connection.ClosedWith);
        Assert.Equal([1], await all.Heard.SeqsAsync(1));
    }

    [Fact]
    public async Task Past_events_come_first_and_end_where_joined_says()
    {
        await using var all = Setup.Live(new { seq = 10, state = 100 }, options: new RoomOptions { History = 2 });
        all.Connection.Say(Wire.Event(9), Wire.Event(10), Wire.Event(11));

        Assert.Equal([9, 10, 11], await all.Heard.SeqsAsync(3));
        Assert.Equal((100, 10L, 11L), (all.Room.State.GetInt32(), all.Room.StateSeq, all.Room.Seq));
    }

    [Fact]
    public async Task A_connection_lost_before_the_first_past_event_asks_for_them_again()
    {
        await using var all = Setup.Live(new { seq = 10 }, options: new RoomOptions { History = 2 });
        var second = all.Reconnect();
        var join = second.All("join")[0];
        second.LetIn(new { seq = 10 });
        second.Say(Wire.Event(9), Wire.Event(10));

        Assert.Equal((null, 2L), (join.Number("since"), join.Number("history")!.Value));
        Assert.Equal([9, 10], await all.Heard.SeqsAsync(2));
    }

    [Fact]
    public async Task A_reset_is_a_new_start_and_so_is_a_resume_that_cannot_be_served()
    {
        await using var all = Setup.Live(new { seq = 5, state = new { a = 1 } });
        all.Connection.Say(new { type = "reset", room = Wire.Room, epoch = "2", seq = 1, reason = "epoch", state = new { a = 2 } }, Wire.Event(2));
        all.Reconnect().LetIn(new { seq = 900, epoch = "2", state = new { a = 3 } }).Say(Wire.Event(901));

        var (one, two) = (new RoomReset("epoch", "2", 1), new RoomReset("missed", "2", 900));
        Assert.Equal([one, two], all.Heard.Resets);
        Assert.Equal([("""{"a":1}""", 5L), ("""{"a":2}""", 1L), ("""{"a":3}""", 900L)], all.Heard.States);
        Assert.Equal([(2L, one), (901L, two)], (await all.Heard.EventsAsync(2)).Select(e => (e.Seq, e.Reset!)));
    }

    [Fact]
    public async Task A_room_opened_twice_is_joined_once_and_left_when_both_have_left()
    {
        await using var all = Setup.Live();
        var again = all.Client.Room(Wire.Room);
        var other = new Heard(again);
        await all.Room.DisposeAsync();
        all.Connection.Say(Wire.Event(1));
        Assert.Equal([1], await other.SeqsAsync(1));
        Assert.Empty(await all.Heard.EventsAsync(1));
        Assert.Empty(all.Connection.All("leave"));
        await again.DisposeAsync();

        Assert.Equal((RoomStatus.Closed, RoomStatus.Closed), (all.Room.Status, again.Status));
        Assert.Single(all.Connection.All("join"));
        Assert.Single(all.Connection.All("leave"));
    }

    [Fact]
    public async Task A_room_left_and_opened_again_hears_nothing_of_the_membership_before()
    {
        await using var all = Setup.Live();
        await all.Room.DisposeAsync();
        all.Open();
        var join = all.Connection.Take("join")[0];
        all.Connection.Say(
            Wire.Event(1), new { type = "left", id = all.Connection.All("leave")[0].Number("id"), room = Wire.Room },
            Wire.Joined(Wire.Room, new { id = join.Number("id"), seq = 1 }), Wire.Event(2));

        Assert.Equal([2], await all.Heard.SeqsAsync(1));
    }

    [Fact]
    public async Task A_join_refused_for_now_is_asked_again_one_refused_for_good_ends_the_room_with_its_words()
    {
        await using var all = new Setup();
        all.Open();
        var connection = all.Server.Next();
        connection.Say(Wire.Welcome(), Wire.Refusal(connection.Take("join")[0], "unavailable", retry: true, new { retryAfterMs = 50 }));
        all.Advance(55);
        connection.Say(Wire.Refusal(connection.Take("join")[0], "room_full", retry: false, new { message = "50 are enough." }));

        var error = await Assert.ThrowsAsync<EdgeRoomsException>(() => all.Heard.EventsAsync(1));
        Assert.Equal(("room_full", "chat/lobby: 50 are enough."), (error.Code, error.Message));
        Assert.Equal((RoomStatus.Closed, "closed"), (all.Room.Status, all.Room.SendAsync("x").Outcome()));
    }

    [Fact]
    public async Task A_room_that_a_narrower_token_no_longer_allows_is_closed()
    {
        await using var all = Setup.Live();
        all.Connection.Say(new { type = "error", room = Wire.Room, code = "forbidden", message = "No.", retry = false }, new { type = "left", room = Wire.Room });

        Assert.Equal("forbidden", (await Assert.ThrowsAsync<EdgeRoomsException>(() => all.Heard.EventsAsync(1))).Code);
    }

    [Fact]
    public async Task History_is_paged_and_waits_out_a_lost_connection()
    {
        await using var all = Setup.Live(new { seq = 3 });
        var reading = all.Room.HistoryAsync(0, TestContext.Current.CancellationToken).Select(e => e.Seq).ToListAsync();
        all.Connection.Say(Page(all.Connection.Take("history")[0], more: true, 1, 2));
        var second = all.Reconnect().LetIn(new { seq = 3, recovered = true });
        for (var asked = second.Take("history"); !reading.IsCompleted; asked = second.Take("history"))
        {
            asked.ForEach(ask => second.Say(Page(ask, more: false, 3)));
            await Task.Yield();
        }

        Assert.Equal([1, 2, 3], await reading);
    }

    [Fact]
    public async Task Cancelling_ends_a_reader_and_nothing_else()
    {
        await using var all = Setup.Live();
        using var stop = new CancellationTokenSource();
        var reading = all.Room.Events(stop.Token).ToListAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        all.Connection.Say(Wire.Event(1));

        Assert.Equal([1], await all.Heard.SeqsAsync(1));
    }

    [Fact]
    public async Task A_handler_that_throws_costs_nobody_else_anything()
    {
        await using var all = Setup.Live();
        all.Room.MembersChanged += (_, _) => throw new InvalidOperationException("a bug");
        var other = new Heard(all.Client.Room(Wire.Room));
        all.Connection.Say(new { type = "members", room = Wire.Room, joined = new[] { new { member = "m2", user = "bob", data = 1 } } }, Wire.Event(1));

        Assert.Equal((1, 2), (other.Members.Count, other.Members[0].Count));
        Assert.Equal([1], await all.Heard.SeqsAsync(1));
        Assert.Contains(all.Log.Lines, line => line.Text.StartsWith("A handler threw", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_handler_may_send_and_leave()
    {
        await using var all = Setup.Live();
        all.Room.EphemeralReceived += async (sender, said) =>
        {
            _ = all.Room.SendAsync("a");
            await all.Room.DisposeAsync();
        };
        all.Connection.Say(new { type = "ephemeral", room = Wire.Room, name = "x", data = 1, by = "bob", member = "m2" });
        all.Connection.Say(Wire.Ack(Assert.Single(all.Connection.Take("send")), 0));

        Assert.Single(all.Connection.Take("leave"));
    }

    [Fact]
    public async Task Errors_of_the_caller_teach()
    {
        await using var all = new Setup();
        Assert.Contains("give kind/name", Assert.Throws<EdgeRoomsException>(() => all.Client.Room("Chat/lobby")).Message, StringComparison.Ordinal);
        Assert.Throws<EdgeRoomsException>(() => all.Client.Room("chat/lobby\n"));
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Client.Room("chat/lobby", new RoomOptions { History = 501 }));
        var error = Assert.Throws<ArgumentException>(() => new EdgeRoomsClient(new Uri("ftp://host"), new EdgeRoomsClientOptions { Token = _ => Task.FromResult("t") }));
        Assert.Contains("give ws://", error.Message, StringComparison.Ordinal);
    }

    internal static string Page(JsonElement ask, bool more, params long[] seqs) => Wire.Merge(
        new { type = "page", id = ask.Number("id"), room = ask.Text("room"), more },
        new { events = seqs.Select(seq => JsonElement.Parse(Wire.Event(seq))) }).ToJsonString();
}
