using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests;

/// <summary>What a client says of itself.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task It_tells_its_status_its_user_and_its_session()
    {
        await using var all = new Setup();
        var statuses = new List<LinkStatus>();
        all.Client.StatusChanged += (_, status) => statuses.Add(status);
        all.Open();
        Assert.Equal((LinkStatus.Connecting, null, null), (all.Client.Status, all.Client.User, all.Client.Session));
        all.Server.Next().LetIn().Drop();
        all.Reconnected().LetIn();
        Assert.Equal((LinkStatus.Live, "ada", "s1"), (all.Client.Status, all.Client.User, all.Client.Session));
        await all.Client.DisposeAsync();

        Assert.Equal([LinkStatus.Live, LinkStatus.Offline, LinkStatus.Connecting, LinkStatus.Live, LinkStatus.Closed], statuses);
    }

    [Fact]
    public async Task What_concerns_no_single_room_or_ends_all_of_them_is_its_error()
    {
        await using var all = Setup.Live();
        var (errors, ofRoom) = (new List<string>(), new List<string>());
        all.Client.Error += (_, error) => errors.Add(error.Code);
        all.Room.Error += (_, error) => ofRoom.Add(error.Code);
        all.Connection.Say(new { type = "error", code = "unknown_type", message = "No.", retry = false });
        all.Connection.Say(new { type = "error", room = Wire.Room, code = "over_limit", message = "No.", retry = false });
        all.Connection.Socket.End(4001);

        Assert.Equal(["unknown_type", "kicked"], errors);
        Assert.Equal(["over_limit", "kicked"], ofRoom);
    }

    [Fact]
    public async Task A_rooms_head_is_above_its_seq_until_what_was_missed_has_come()
    {
        await using var all = Setup.Live(new { seq = 2 });
        Assert.Equal((2, 2), (all.Room.Head, all.Room.Seq));
        all.Connection.Say(new { type = "head", room = Wire.Room, seq = 4 });
        Assert.Equal((4, 2), (all.Room.Head, all.Room.Seq));
        all.Connection.Say(Wire.Event(3), Wire.Event(4), Wire.Event(5));

        Assert.Equal((5, 5), (all.Room.Head, all.Room.Seq));
    }
}
