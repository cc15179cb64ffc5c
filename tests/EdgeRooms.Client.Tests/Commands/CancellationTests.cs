using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Commands;

/// <summary>A command given up by its CancellationToken.</summary>
public sealed class CancellationTests
{
    readonly CancellationTokenSource _stop = new();

    [Fact]
    public async Task Given_up_before_it_was_sent_it_leaves_no_trace()
    {
        await using var all = new Setup();
        var room = all.Open();
        var given = room.SendAsync("a", _stop.Token);
        _ = room.SendAsync("b");
        await _stop.CancelAsync();
        var connection = all.Server.Next().LetIn();

        Assert.Equal("cancelled", given.Outcome());
        Assert.Equal([(1L, "b")], connection.All("send").Select(f => (f.Number("cmd")!.Value, f.Text("name")!)));
        Assert.Equal(_stop.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given)).CancellationToken);
    }

    [Theory]
    [InlineData(true, "cancelled")]
    [InlineData(false, "seq 5")]
    public async Task Given_up_after_it_was_sent_it_was_skipped_or_had_taken_effect(bool isSkipped, string expected)
    {
        await using var all = Setup.Live();
        var given = all.Room.SendAsync("a", _stop.Token);
        await _stop.CancelAsync();
        var skip = Assert.Single(all.Connection.Take("skip"));
        Assert.Equal("open", given.Outcome());
        all.Connection.Say(Wire.Ack(skip, 5, isSkipped ? new { skipped = true } : new { dup = true }));

        Assert.Equal(expected, given.Outcome());
    }

    [Fact]
    public async Task Given_up_before_the_call_nothing_happens()
    {
        await using var all = Setup.Live();
        await _stop.CancelAsync();

        Assert.Equal("cancelled", all.Room.SendAsync("a", _stop.Token).Outcome());
        Assert.Empty(all.Connection.Take("send"));
    }

    [Fact]
    public async Task A_skip_waits_until_its_number_is_the_lowest_unanswered_and_the_answer_to_the_send_may_come_first()
    {
        await using var all = Setup.Live();
        _ = all.Room.SendAsync("a");
        var (given, other) = (all.Room.SendAsync("b", _stop.Token), all.Room.SendAsync("c", _stop.Token));
        var frames = all.Connection.Take("send");
        await _stop.CancelAsync();
        Assert.Empty(all.Connection.Take("skip"));
        all.Connection.Say(Wire.Ack(frames[0], 1));
        Assert.Equal([2], all.Connection.Take("skip").Cmds());
        all.Connection.Say(Wire.Ack(frames[1], 2), Wire.Ack(frames[2], 3));

        Assert.Equal(("seq 2", "seq 3"), (given.Outcome(), other.Outcome()));
    }

    [Fact]
    public async Task A_number_refused_with_retry_and_given_up_is_skipped_in_its_place_and_the_next_follow()
    {
        await using var all = Setup.Live();
        var (given, next) = (all.Room.SendAsync("a", _stop.Token), all.Room.SendAsync("b"));
        var frames = all.Connection.Take("send");
        all.Connection.Say(Wire.Refusal(frames[0], "unavailable", retry: true, new { retryAfterMs = 100 }), Wire.Refusal(frames[1], "out_of_order", retry: true));
        await _stop.CancelAsync();
        all.Advance(110);
        var again = Assert.Single(all.Connection.Take("send"));
        var skip = Assert.Single(all.Connection.All("skip"));
        all.Connection.Say(Wire.Ack(skip, 0, new { skipped = true }), Wire.Ack(again, 1));

        Assert.Equal((1L, 2L), (skip.Number("cmd")!.Value, again.Number("cmd")!.Value));
        Assert.Equal(("cancelled", "seq 1"), (given.Outcome(), next.Outcome()));
    }

    [Fact]
    public async Task After_a_reconnect_a_number_given_up_is_skipped_not_sent()
    {
        await using var all = Setup.Live();
        var given = all.Room.SendAsync("a", _stop.Token);
        all.Connection.Drop();
        await _stop.CancelAsync();
        var second = all.Reconnected().LetIn(new { recovered = true });
        Assert.Empty(second.All("send"));
        second.Say(Wire.Ack(Assert.Single(second.All("skip")), 0, new { skipped = true }));

        Assert.Equal("cancelled", given.Outcome());
    }
}
