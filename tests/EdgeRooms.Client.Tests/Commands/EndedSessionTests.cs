using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Commands;

/// <summary>What becomes of commands whose session or stream has ended: unknown where sent, sent anew where not.</summary>
public sealed class EndedSessionTests
{
    [Fact]
    public async Task With_a_new_session_what_was_sent_is_unknown_and_what_was_not_gets_new_numbers()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("sent");
        all.Connection.Drop();
        var fresh = all.Room.SendAsync("fresh");
        var second = all.Reconnected();
        second.Say(new { type = "error", code = "gone", message = "Over.", retry = false });
        second.LetIn(new { recovered = true }, new { session = "s2" });

        Assert.Equal("outcome_unknown", sent.Outcome());
        var again = Assert.Single(second.All("send"));
        Assert.Equal((1L, "fresh", null), (again.Number("cmd")!.Value, again.Text("name"), again.Text("epoch")));
        second.Say(Wire.Ack(again, 1));
        Assert.Equal("seq 1", fresh.Outcome());
    }

    [Fact]
    public async Task A_room_that_has_forgotten_the_session_makes_the_client_come_back_without_one()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        all.Connection.Say(Wire.Refusal(all.Connection.Take("send")[0], "gone", retry: false));
        var second = all.Reconnected();
        Assert.Null(second.All("hello")[0].Text("session"));
        second.LetIn(new { recovered = true }, new { session = "s2" });
        var again = second.All("send")[0];
        second.Say(Wire.Ack(again, 1));

        Assert.Equal(1, again.Number("cmd")); // it had never run, so it goes under a new number
        Assert.Equal("seq 1", sent.Outcome());
    }

    [Fact]
    public async Task A_resend_to_a_stream_that_was_replaced_is_unknown_and_its_neighbours_go_on()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        var second = all.Reconnect().LetIn(new { epoch = "2" });
        var next = all.Room.SendAsync("b");
        var frames = second.Take("send");
        second.Say(Wire.Refusal(frames[0], "gone", retry: false), Wire.Ack(frames[1], 1));

        Assert.Equal(("outcome_unknown", "seq 1"), (sent.Outcome(), next.Outcome()));
    }
}
