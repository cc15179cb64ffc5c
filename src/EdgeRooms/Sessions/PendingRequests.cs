using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>A join of a client's. A join of a room that the connection is in already only answers, and replays nothing.</summary>
sealed class PendingJoin(Membership membership, long? id, long? since, long? epoch, int history, bool again) : Pending
{
    public override RoomReply MootReply => new ErrorReply(new RoomError(
        ErrorCode.NotJoined, $"A leave came before {membership.Room} had let you in; join again."));

    public override RoomRequest? Renew() => membership.IsLeaving && !again ? null : new JoinRequest(
        membership.Room, membership.Caller, this, again ? null : since, epoch, again ? 0 : history, membership.PresenceData,
        membership.Feed.Tail.FirstSeq);

    /// <summary>Let in after all, when the client had been told to ask again: without a newer join the seat would stay taken by nobody.</summary>
    public override void AnsweredLate(RoomReply reply)
    {
        if (reply is JoinedReply && !again)
        {
            membership.Connection.JoinedTooLate(membership);
        }
    }

    public override void Answer(RoomReply reply)
    {
        if (reply is not JoinedReply joined)
        {
            membership.Connection.JoinRefused(membership, id, ((ErrorReply)reply).Error, again);
            return;
        }

        var frame = ServerFrame.Joined(id, membership.Room, joined);
        membership.MemberId = joined.Member;
        membership.Feed.KnowMembers(joined.Members.Span);
        var replay = joined.Replay ?? membership.Feed.Tail.From(joined.Epoch, joined.NextSeq);
        lock (membership.Outbound.Lock)
        {
            if (again)
            {
                membership.Answer(joined.Seq, frame);
                return;
            }

            membership.IsMember = true;
            membership.Outbound.AddAnswer(membership, frame, 0);
            membership.StartAt(joined.Epoch, joined.NextSeq, joined.Seq);
            if (replay is not null)
            {
                membership.Connection.Services.Meters.Replay(joined.Replay is null ? ReplaySource.Router : ReplaySource.Tail);
                membership.Advance(replay.LastSeq);
                membership.Outbound.AddEvents(membership, replay.Bytes, replay.FirstSeq);
            }
        }
    }
}

/// <summary>A client's command. Without a number it goes once, whatever comes of it.</summary>
sealed class PendingCommand(Membership membership, long? id, long? cmd, string name, ReadOnlyMemory<byte> data, long? epoch) : Pending
{
    public override bool MayResend => cmd is not null;

    public override RoomReply MootReply =>
        new ErrorReply(new RoomError(ErrorCode.OutOfOrder, "An earlier cmd must come again first.", Retry: true));

    public override RoomRequest? Renew()
    {
        if (cmd is { } number && !membership.MayResend(number))
        {
            return null; // the gate closed under it while the room was away
        }

        return new CommandRequest(
            membership.Room, membership.Caller, this, cmd, cmd is { } n ? membership.AfterOf(n) : 0, name, data, Epoch: epoch);
    }

    public override void Answer(RoomReply reply)
    {
        membership.Connection.Answered(data.Length);
        if (reply is AckReply ack)
        {
            if (cmd is { } done)
            {
                membership.Settle(done);
            }

            var frame = ServerFrame.Ack(FrameWriter.OfThread, id, membership.Room, ack);
            lock (membership.Outbound.Lock)
            {
                membership.Answer(ack.Seq, frame);
            }

            return;
        }

        var error = ((ErrorReply)reply).Error;
        if (cmd is { } number)
        {
            if (error.Retry)
            {
                membership.Refuse(number);
            }

            membership.Settle(number);
        }

        membership.Connection.SendError(error, id, membership.Room, cmd);
    }
}

/// <summary>A number given up.</summary>
sealed class PendingSkip(Membership membership, long? id, long cmd) : Pending
{
    public override RoomRequest Renew() => new SkipRequest(membership.Room, membership.Caller, this, cmd);

    public override void Answer(RoomReply reply)
    {
        if (reply is AckReply ack)
        {
            membership.Skipped(cmd);
            var frame = ServerFrame.Ack(FrameWriter.OfThread, id, membership.Room, ack);
            lock (membership.Outbound.Lock)
            {
                membership.Answer(ack.Seq, frame);
            }
        }
        else
        {
            membership.Connection.SendError(((ErrorReply)reply).Error, id, membership.Room, cmd);
        }
    }
}

/// <summary>A leave, or a broken socket: it stands until the room knows, however long that takes.</summary>
sealed class PendingLeave(Membership membership, long? id, bool broke, LeaveReason reason) : Pending
{
    public override bool TimesOut => false;

    public override RoomRequest Renew() => new LeaveRequest(membership.Room, membership.Caller, this, broke, reason);

    public override void Answer(RoomReply reply)
    {
        membership.IsMember = false;
        membership.Feed.Forget(membership);
        membership.Connection.Left(membership, id, tell: !broke && reply is LeftReply);
    }
}

/// <summary>The state anew, for a membership that cannot go on from its seq.</summary>
sealed class PendingReset(Membership membership, string reason) : Pending
{
    public override RoomRequest? Renew() => membership.IsLeaving ? null : new ReadRequest(membership.Room, membership.Caller, this);

    public override void Answer(RoomReply reply)
    {
        if (reply is not StateReply state)
        {
            return; // still due: asked again by the catch-up
        }

        var frame = ServerFrame.Reset(membership.Room, state.Epoch, state.Seq, reason, state.State.Span);
        lock (membership.Outbound.Lock)
        {
            membership.Outbound.AddAnswer(membership, frame, 0);
            membership.StartAt(state.Epoch, state.Seq + 1, state.Seq);
            membership.ReleaseAnswers();
        }
    }
}

/// <summary>Brings a room into memory, for members that are to leave.</summary>
sealed class PendingWake(RoomFeed feed) : Pending
{
    /// <summary>Nobody else would ask: it stands until there is a node that takes it.</summary>
    public override bool TimesOut => false;

    public override RoomRequest Renew() => new ReadRequest(feed.Room, Caller.Nobody, this);

    public override void Answer(RoomReply reply) => feed.Woken();
}

/// <summary>A request over HTTP: its answer is awaited.</summary>
sealed class PendingCall(Func<Pending, RoomRequest> request, bool mayResend) : Pending
{
    readonly TaskCompletionSource<RoomReply> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool MayResend => mayResend;

    public Task<RoomReply> Answered => _answer.Task;

    public override RoomRequest Renew() => request(this);

    public override void Answer(RoomReply reply) => _answer.TrySetResult(reply);
}
