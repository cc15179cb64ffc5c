using System.Text.Json;

using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Commands;

/// <summary>Sending: each command settles once, in order, with at most one effect.</summary>
public sealed class OutboxTests
{
    [Fact]
    public async Task A_command_resolves_to_its_ack()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("add", JsonElement.Parse("""{"by":2}"""));
        var frame = Assert.Single(all.Connection.Take("send"));
        all.Connection.Say(Wire.Ack(frame, 7, new { result = new { id = 3 } }));

        Assert.Equal($$$"""{"type":"send","id":{{{frame.Number("id")}}},"room":"chat/lobby","cmd":1,"name":"add","data":{"by":2}}""", frame.GetRawText());
        var result = await sent;
        Assert.Equal((7, 3, false), (result.Seq, result.Result.GetProperty("id").GetInt32(), result.IsRepeat));
    }

    [Fact]
    public async Task Commands_sent_offline_wait_and_go_in_order()
    {
        await using var all = new Setup();
        var room = all.Open();
        _ = room.SendAsync("a");
        _ = room.SendAsync("b");
        var connection = all.Server.Next();
        Assert.Empty(connection.Take("send"));
        connection.LetIn();

        Assert.Equal([(1L, "a"), (2L, "b")], connection.All("send").Select(f => (f.Number("cmd")!.Value, f.Text("name")!)));
    }

    [Fact]
    public async Task Unanswered_commands_go_again_with_the_same_numbers_and_the_epoch_of_their_first_try()
    {
        await using var all = Setup.Live(new { epoch = "4" });
        Task<SendResult>[] sent = [all.Room.SendAsync("a"), all.Room.SendAsync("b"), all.Room.SendAsync("c")];
        all.Connection.Say(Wire.Ack(all.Connection.Take("send")[0], 1));

        var second = all.Reconnect().LetIn(new { seq = 2, epoch = "4", recovered = true });
        var again = second.All("send");
        second.Say(Wire.Ack(again[0], 2, new { dup = true }), Wire.Ack(again[1], 3));

        Assert.Equal([(2L, "4"), (3L, "4")], again.Select(f => (f.Number("cmd")!.Value, f.Text("epoch")!)));
        Assert.Equal(["seq 1", "seq 2", "seq 3"], sent.Select(s => s.Outcome()));
        Assert.True((await sent[1]).IsRepeat);
    }

    [Fact]
    public async Task After_a_refusal_with_retry_the_client_goes_back_to_that_number_and_sends_all_from_there_once()
    {
        await using var all = Setup.Live();
        List<Task<SendResult>> sent = [all.Room.SendAsync("a"), all.Room.SendAsync("b"), all.Room.SendAsync("c")];
        var first = all.Connection.Take("send");
        all.Connection.Say(Wire.Ack(first[0], 1), Wire.Refusal(first[1], "rate_limited", retry: true, new { retryAfterMs = 50 }));
        sent.Add(all.Room.SendAsync("d"));
        all.Advance(100);
        Assert.Empty(all.Connection.Take("send"));
        all.Connection.Say(Wire.Refusal(first[2], "out_of_order", retry: true));

        var again = all.Connection.Take("send");
        foreach (var frame in again)
        {
            all.Connection.Say(Wire.Ack(frame, frame.Number("cmd")!.Value));
        }

        all.Advance(10_000);
        Assert.Equal([2, 3, 4], again.Cmds());
        Assert.Equal(["seq 1", "seq 2", "seq 3", "seq 4"], sent.Select(s => s.Outcome()));
        Assert.Empty(all.Connection.Take("send"));
    }

    [Theory]
    [InlineData("rate_limited")]
    [InlineData("overloaded")]
    [InlineData("unavailable")]
    [InlineData("out_of_order")]
    [InlineData("over_limit")]
    [InlineData("internal")]
    public async Task A_command_refused_with_retry_goes_again_after_a_while(string code)
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        all.Connection.Say(Wire.Refusal(all.Connection.Take("send")[0], code, retry: true));
        Assert.Empty(all.Connection.Take("send"));
        all.Advance(5_000);
        all.Connection.Say(Wire.Ack(all.Connection.Take("send")[0], 1));

        Assert.Equal("seq 1", sent.Outcome());
    }

    [Theory]
    [InlineData("rejected")]
    [InlineData("forbidden")]
    [InlineData("unknown_type")]
    [InlineData("internal")]
    [InlineData("unavailable")]
    [InlineData("over_limit")]
    [InlineData("too_large")]
    [InlineData("bad_frame")]
    [InlineData("invalid_room")]
    [InlineData("unauthenticated")]
    [InlineData("unknown_kind")]
    [InlineData("room_full")]
    [InlineData("overloaded")]
    [InlineData("rate_limited")]
    [InlineData("out_of_order")]
    public async Task A_command_refused_for_good_fails_and_holds_nothing_up(string code)
    {
        await using var all = Setup.Live();
        var (no, yes) = (all.Room.SendAsync("a"), all.Room.SendAsync("b"));
        var frames = all.Connection.Take("send");
        all.Connection.Say(Wire.Refusal(frames[0], code, retry: false), Wire.Ack(frames[1], 1));

        var error = no.Error();
        Assert.Equal((code, Wire.Room, false, $"{Wire.Room}: No."), (error.Code, error.Room, error.Retry, error.Message));
        Assert.Equal("seq 1", yes.Outcome());
    }

    [Fact]
    public async Task A_number_that_the_room_had_refused_before_a_crash_fails()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        all.Connection.Say(Wire.Ack(all.Connection.Take("send")[0], 9, new { dup = true, refused = true }));

        Assert.Equal("rejected", sent.Outcome());
    }

    [Fact]
    public async Task An_answer_that_comes_twice_or_to_an_earlier_try_changes_nothing()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        var frame = all.Connection.Take("send")[0];
        var second = all.Reconnect().LetIn(new { recovered = true });
        second.Say(Wire.Refusal(frame, "rejected", retry: false));
        Assert.Equal("open", sent.Outcome());
        var again = second.All("send")[0];
        second.Say(Wire.Ack(again, 1), Wire.Ack(again, 2), Wire.Refusal(again, "rejected", retry: false));

        Assert.Equal("seq 1", sent.Outcome());
    }

    [Fact]
    public async Task At_most_256_numbers_are_unanswered()
    {
        await using var all = Setup.Live();
        var sent = Enumerable.Range(0, 300).Select(_ => all.Room.SendAsync("n")).ToList();
        var first = all.Connection.Take("send");
        foreach (var frame in first)
        {
            all.Connection.Say(Wire.Ack(frame, frame.Number("cmd")!.Value));
        }

        foreach (var frame in all.Connection.Take("send"))
        {
            all.Connection.Say(Wire.Ack(frame, frame.Number("cmd")!.Value));
        }

        Assert.Equal(256, first.Count);
        Assert.Equal(Enumerable.Range(1, 300).Select(n => $"seq {n}"), sent.Select(s => s.Outcome()));
    }

    [Fact]
    public async Task Sends_are_paced_under_the_limits_of_the_welcome()
    {
        await using var all = Setup.Live(welcomed: new { commandsPerSecond = 10, commandBurst = 20 });
        for (int n = 0; n < 60; n++)
        {
            _ = all.Room.SendAsync("n");
        }

        int burst = all.Connection.Take("send").Count;
        all.Advance(1_050);
        Assert.Equal((18, 9), (burst, all.Connection.Take("send").Count));
    }

    [Fact]
    public async Task A_congested_socket_is_given_time()
    {
        await using var all = Setup.Live();
        all.Connection.Socket.IsCongested = true;
        _ = all.Room.SendAsync("n");
        Assert.Empty(all.Connection.Take("send"));
        all.Connection.Socket.IsCongested = false;
        all.Advance(60);

        Assert.Single(all.Connection.Take("send"));
    }

    [Fact]
    public async Task The_queue_is_bounded()
    {
        await using var all = new Setup(queueMax: 2);
        var room = all.Open();
        _ = room.SendAsync("a");
        _ = room.SendAsync("b");
        var error = room.SendAsync("c").Error();

        Assert.Equal(("queue_full", true), (error.Code, error.Retry));
    }

    [Fact]
    public async Task A_server_that_has_lost_our_place_gets_a_fresh_connection()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        all.Connection.Say(Wire.Refusal(all.Connection.Take("send")[0], "not_joined", retry: false));
        var second = all.Reconnected().LetIn(new { recovered = true });
        second.Say(Wire.Ack(second.All("send")[0], 1));

        Assert.Equal("seq 1", sent.Outcome());
    }

    [Fact]
    public async Task A_command_without_an_answer_makes_the_client_ask_on_a_new_connection()
    {
        await using var all = Setup.Live();
        _ = all.Room.SendAsync("a");
        var second = all.Reconnected().LetIn(new { recovered = true });

        Assert.Equal([1], second.All("send").Cmds());
        Assert.InRange(all.NowMs, 20_000, 21_000);
    }

    [Fact]
    public async Task Leaving_waits_for_the_commands()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        await all.Room.DisposeAsync();
        Assert.Empty(all.Connection.All("leave"));
        Assert.Equal("closed", all.Room.SendAsync("b").Outcome());
        all.Connection.Say(Wire.Ack(all.Connection.Take("send")[0], 1));

        Assert.Equal("seq 1", sent.Outcome());
        Assert.Single(all.Connection.All("leave"));
    }

    [Fact]
    public async Task Closing_tells_what_was_never_sent_from_what_is_unknown()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        all.Connection.Drop();
        var waiting = all.Room.SendAsync("b");
        await all.Client.DisposeAsync();

        Assert.Equal(("outcome_unknown", "closed", RoomStatus.Closed), (sent.Outcome(), waiting.Outcome(), all.Room.Status));
        Assert.Equal("closed", Assert.Throws<EdgeRoomsException>(() => all.Client.Room(Wire.Room)).Code);
    }
}
