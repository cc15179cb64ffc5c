using System.Text;

using EdgeRooms.Cluster;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

namespace EdgeRooms.Tests.Sessions;

/// <summary>What a router keeps of a room's events, and what it must not take for them.</summary>
public sealed class FeedTailTests
{
    readonly FeedTail _tail = new(new TailShare(new EngineOptions()));

    static EventBatch Batch(long first, long last) =>
        EventBatch.Of(first, [.. Enumerable.Range((int)first, (int)(last - first + 1)).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"e{i}"))]);

    [Fact]
    public void It_serves_its_epoch_from_any_seq_that_it_holds()
    {
        _tail.OnActive(claim: 1, epoch: 1, seq: 4);
        _tail.Hear(1, Batch(5, 6));
        _tail.Hear(1, Batch(7, 7));

        Assert.Equal((5, (1, 7)), (_tail.FirstSeq, _tail.Seen));
        Assert.Equal("e6\ne7", Encoding.UTF8.GetString(_tail.From(1, 6)!.Bytes.Span));
        Assert.Null(_tail.From(1, 4));
        Assert.Null(_tail.From(1, 8));
        Assert.Null(_tail.From(2, 6));
    }

    [Fact]
    public void A_hole_and_a_new_epoch_begin_it_anew()
    {
        _tail.OnActive(1, 1, 0);
        _tail.Hear(1, Batch(1, 3));
        _tail.Hear(1, Batch(5, 5));
        Assert.Equal((5, (1, 5)), (_tail.FirstSeq, _tail.Seen));

        _tail.OnActive(2, 2, 3);
        Assert.Equal((null, (2, 3)), (_tail.FirstSeq, _tail.Seen));
    }

    [Fact]
    public void An_older_claim_has_no_word()
    {
        _tail.OnActive(2, 2, 3);

        _tail.OnActive(1, 1, 9);

        Assert.Null(_tail.Hear(1, Batch(4, 5)));
        Assert.Equal((2, 3), _tail.Seen);
    }

    [Fact]
    public void What_it_has_heard_twice_it_holds_once()
    {
        _tail.OnActive(1, 1, 0);
        _tail.Hear(1, Batch(1, 5));

        _tail.OnActive(1, 1, 2); // by a report from before
        _tail.Hear(1, Batch(3, 5));

        Assert.Equal((1, (1, 5)), (_tail.FirstSeq, _tail.Seen));
    }

    [Fact]
    public void Many_rooms_tails_keep_their_part_of_what_all_have()
    {
        var share = new TailShare(new EngineOptions { TailBytes = 1000, AllTailBytes = 2000 });
        var tail = new FeedTail(share);
        tail.OnActive(1, 1, 0);
        for (int seq = 1; seq <= 100; seq++)
        {
            tail.Hear(1, Batch(seq, seq));
        }

        Assert.Equal(1, tail.FirstSeq);

        share.Divide(100); // 20 bytes: e96 to e101
        tail.Hear(1, Batch(101, 101));
        Assert.Equal((96, (1, 101)), (tail.FirstSeq, tail.Seen));

        share.Divide(1);
        tail.Hear(1, Batch(102, 102));
        Assert.Equal(96, tail.FirstSeq);
    }

    [Fact]
    public void After_a_quiet_minute_it_holds_nothing_and_still_knows_what_it_saw()
    {
        _tail.OnActive(1, 1, 0);
        _tail.Hear(1, Batch(1, 5));

        _tail.ForgetUnlessFresh();
        Assert.Equal(1, _tail.FirstSeq);

        _tail.ForgetUnlessFresh();
        Assert.Equal((null, (1, 5)), (_tail.FirstSeq, _tail.Seen));
    }
}
