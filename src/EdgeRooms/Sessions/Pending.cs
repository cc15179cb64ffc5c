using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>
/// A request that waits for its answer, through as many tries as its room's lives take. Answered exactly once: by the room, by the router's timer,
/// or with its connection; what comes later is dropped. Guarded by its <see cref="FeedRequests"/>.
/// </summary>
abstract class Pending : Requester
{
    FeedRequests? _feed;

    /// <summary>The try under way; an answer to an earlier one is dropped.</summary>
    public RoomRequest? Request { get; set; }

    /// <summary>Its place among the room's unanswered requests; owned by the feed.</summary>
    public LinkedListNode<Pending>? Place { get; set; }

    /// <summary>Timestamp of the clock when it was first sent.</summary>
    public long SentAt { get; set; }

    /// <summary>Whether it may be sent again when the room lost it; a command without a number may not (HARD-CASES 15).</summary>
    public virtual bool MayResend => true;

    /// <summary>Whether it is given up after <see cref="EngineOptions.RequestTimeout"/>.</summary>
    public virtual bool TimesOut => true;

    /// <summary>The answer where <see cref="Renew"/> finds nothing to send any more; null: none.</summary>
    public virtual RoomReply? MootReply => null;

    /// <summary>A fresh try. Null: nothing to send any more; it is answered by <see cref="MootReply"/>.</summary>
    public abstract RoomRequest? Renew();

    /// <summary>The one answer. Called without the feed's lock, on the room's loop or the router's ticker.</summary>
    public abstract void Answer(RoomReply reply);

    public void BelongsTo(FeedRequests feed) => _feed = feed;

    /// <summary>The room answered a request that had been given up.</summary>
    public virtual void AnsweredLate(RoomReply reply)
    {
    }

    public sealed override void Reply(RoomRequest request, RoomReply reply) => _feed!.Reply(this, request, reply);

    /// <summary>The answer when Postgres or the owner was away for too long, or the outcome is unknown.</summary>
    public ErrorReply AwayReply() => new(MayResend
        ? new RoomError(ErrorCode.Unavailable, "The room's store did not answer in time; send again.", Retry: true, RetryAfterMs: 500)
        : RoomError.OutcomeUnknown);
}
