using EdgeRooms.Cluster;

namespace EdgeRooms.Tests.Rooms;

/// <summary>A database failover lost commits that our own processes had seen (HARD-CASES 21).</summary>
public sealed class LostCommitsTests
{
    [Fact]
    public async Task A_router_that_comes_late_and_has_seen_more_than_the_stream_holds_brings_a_new_epoch_case_21()
    {
        await using var lab = await EngineLab.StartAsync();
        var ann = await lab.JoinAsync("ann");
        for (long cmd = 1; cmd <= 3; cmd++)
        {
            await ann.AddAsync(cmd);
            await ann.NextAsync("ack");
        }

        await lab.Process.Process.Rooms!.AttachAsync(new Witness(epoch: 1, seq: 5)); // of role all, so it has rooms

        var reset = await ann.NextAsync("reset");
        Assert.Equal(("2", "epoch", 3L),
            (reset.GetProperty("epoch").GetString(), reset.GetProperty("reason").GetString(), reset.GetProperty("seq").GetInt64()));
        await ann.AddAsync(4);
        Assert.Equal(4, (await ann.NextAsync("event")).GetProperty("seq").GetInt64());
    }

    /// <summary>A router that follows every room and has heard it up to a seq.</summary>
    sealed class Witness(long epoch, long seq) : IRouterLink
    {
        public bool IsOpen => true;

        public void Events(RoomId room, long claim, EventBatch events)
        {
        }

        public void Ephemeral(RoomId room, long claim, ReadOnlyMemory<byte> frame, string? only, string? except)
        {
        }

        public void Members(RoomId room, long claim, MemberChange change)
        {
        }

        public void Roster(RoomId room, long claim, IReadOnlyList<MemberInfo> members)
        {
        }

        public void Active(RoomId room, long claim, long epoch, long seq)
        {
        }

        public void Moved(RoomId room, long claim, string? owner, bool wake)
        {
        }

        public void Replaced(string session, ConnectionStamp by)
        {
        }

        public ValueTask<IReadOnlyList<FeedReport>> AskAsync(IReadOnlyList<RoomId> rooms) =>
            new([.. rooms.Select(room => new FeedReport(room, [], epoch, seq))]);
    }
}
