using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;

namespace EdgeRooms.Sessions;

/// <summary>
/// A connection's place in one room: its events (<see cref="Follower"/>), its presence, and the gate of its numbers: after a refusal that may be
/// tried again nothing above goes on until it has come again (PROTOCOL rule 5, HARD-CASES 14). Numbers are guarded by <see cref="_numbers"/>.
/// </summary>
sealed class Membership(Connection connection, RoomFeed feed, RoomKind kind, Caller caller) : Follower(feed, kind, connection.Outbound)
{
    readonly Lock _numbers = new();
    readonly SortedNumbers _unanswered = new();
    readonly List<long> _repeats = [];
    readonly SortedNumbers _refused = new();
    volatile bool _isMember;

    public Connection Connection { get; } = connection;

    public Caller Caller { get; } = caller;

    /// <summary>Whether the room has let it in, and does not know yet that it is gone.</summary>
    public bool IsMember
    {
        get => _isMember;
        set => _isMember = value;
    }

    /// <summary>Its member id, once the room has let it in.</summary>
    public string? MemberId { get; set; }

    /// <summary>Set while a leave is under way or done: nothing more is sent for it.</summary>
    public bool IsLeaving { get; set; }

    public JsonElement? PresenceData { get; set; }

    /// <summary>Null where the number may go on to the room (a number below the refused one is a repeat and may); else what to answer.</summary>
    public RoomError? Admit(long cmd, int max)
    {
        lock (_numbers)
        {
            if (IsHeld(cmd))
            {
                return new RoomError(ErrorCode.OutOfOrder, $"Send cmd {_refused.Min} again first, or skip it.", Retry: true);
            }

            if (_unanswered.Count >= max && !_unanswered.Contains(cmd))
            {
                _refused.Add(cmd);
                return new RoomError(
                    ErrorCode.Overloaded, $"{max} commands of this session are unanswered here; wait for acks.", Retry: true, RetryAfterMs: 250);
            }

            _refused.Remove(cmd);
            if (!_unanswered.Add(cmd))
            {
                _repeats.Add(cmd);
            }

            return null;
        }
    }

    /// <summary>A number was refused and may come again: the gate closes at it. At most as many as may be unanswered.</summary>
    public void Refuse(long cmd)
    {
        lock (_numbers)
        {
            _refused.Add(cmd);
        }
    }

    /// <summary>The refused number was given up, so the next may go.</summary>
    public void Skipped(long cmd)
    {
        lock (_numbers)
        {
            _refused.Remove(cmd);
        }
    }

    public void Settle(long cmd)
    {
        lock (_numbers)
        {
            if (!_repeats.Remove(cmd))
            {
                _unanswered.Remove(cmd);
            }
        }
    }

    /// <summary>The highest unanswered number below, 0 for none: what the room must have judged before it takes this one.</summary>
    public long AfterOf(long cmd)
    {
        lock (_numbers)
        {
            return _unanswered.Below(cmd);
        }
    }

    /// <summary>Whether the gate lets a resend of the number go.</summary>
    public bool MayResend(long cmd)
    {
        lock (_numbers)
        {
            return !IsHeld(cmd);
        }
    }

    public override void RequestReset(string reason) => Feed.Send(new PendingReset(this, reason));

    public override void RequestMembers() => Feed.SendMembers(this);

    /// <summary>A refused number stands below; each must come again, or be skipped, before what is above it.</summary>
    bool IsHeld(long cmd) => _refused.Count > 0 && cmd > _refused.Min;
}
