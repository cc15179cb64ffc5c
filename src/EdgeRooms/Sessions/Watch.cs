using EdgeRooms.Cluster;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;

namespace EdgeRooms.Sessions;

/// <summary>
/// A room's events into a stream that is no member of it (SSE): it starts live or after a seq, and never leaves. Where it cannot go on from its
/// seq it sends <c>reset</c> and goes on from the state.
/// </summary>
sealed class Watch(RoomFeed feed, RoomKind kind, Outbound outbound, Principal principal) : Follower(feed, kind, outbound)
{
    Principal Principal { get; } = principal;

    /// <summary>Starts after a seq of an epoch; both null: live.</summary>
    public void Start(long? epoch, long? after)
    {
        Outbound.Attach(this);
        Feed.Add(this);
        Feed.Send(new PendingStart(this, epoch, after, null));
    }

    public void Stop()
    {
        Feed.Remove(this);
        Outbound.Detach(this);
    }

    public override void RequestReset(string reason) => Feed.Send(new PendingStart(this, null, null, reason));

    public override void RequestMembers()
    {
    }

    sealed class PendingStart(Watch watch, long? epoch, long? after, string? reason) : Pending
    {
        public override RoomRequest Renew() =>
            new ReadRequest(watch.Room, new Caller("", default, watch.Principal.User, watch.Principal.DisplayName), this);

        public override void Answer(RoomReply reply)
        {
            if (reply is not StateReply state)
            {
                var error = ((ErrorReply)reply).Error;
                watch.Outbound.Add(ServerFrame.Error(null, watch.Room, null, error));
                watch.Outbound.Close(CloseCode.Internal, error.Code);
                return;
            }

            bool served = after is null || (after >= 0 && after <= state.Seq && (epoch is null || epoch == state.Epoch));
            string? why = reason ?? (served ? null : "epoch");
            lock (watch.Outbound.Lock)
            {
                if (why is not null)
                {
                    watch.Outbound.AddAnswer(watch, ServerFrame.Reset(watch.Room, state.Epoch, state.Seq, why, state.State.Span), 0);
                }

                watch.StartAt(state.Epoch, why is null && after is { } seq ? seq + 1 : state.Seq + 1, state.Seq);
                watch.ReleaseAnswers();
            }
        }
    }
}
