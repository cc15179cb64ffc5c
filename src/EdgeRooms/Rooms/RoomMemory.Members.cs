using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>Joins, leaves and presence.</summary>
sealed partial class RoomMemory
{
    /// <summary>The engine's own alarm that wakes a room with recorded members after a crash.</summary>
    public const string MembersAlarm = "~members";

    static readonly TimeSpan MembersAlarmEvery = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Puts back the members that routers still have, those in their grace when the memory before this one was lost, and recorded ones
    /// that nobody reports, who get the grace to come back: no hook, no limit, no frame (HARD-CASES 23).
    /// </summary>
    public void RestoreMembers(IEnumerable<Seat> inGrace, IEnumerable<Follow> follows)
    {
        foreach (var seat in inGrace)
        {
            Seats.Add(seat);
        }

        foreach (var follow in follows)
        {
            RestoreMembers(follow);
        }

        foreach (var (session, recorded) in Recorded)
        {
            if (Seats.Find(session) is null)
            {
                var member = new Member(recorded.Member, recorded.User, null, recorded.Data);
                Seats.Add(new Seat(session, member, default) { LeavesAt = Clock.GetUtcNow() + _services.Engine.Grace });
            }
        }
    }

    /// <summary>The members that one router has; of a session's two connections the newer counts (HARD-CASES 17).</summary>
    public void RestoreMembers(Follow follow)
    {
        foreach (var (caller, data) in follow.Report.Members)
        {
            if (Seats.Find(caller.Session) is not { } known)
            {
                var member = new Member(_services.MemberIds.Of(Id, caller.Session), caller.User, caller.DisplayName, data);
                Seats.Add(new Seat(caller.Session, member, caller.Stamp) { Router = follow.Router });
            }
            else if (caller.Stamp.CompareTo(known.Stamp) >= 0)
            {
                known.Stamp = caller.Stamp;
                known.Router = follow.Router;
                known.LeavesAt = null;
                known.Member.Data = data;
            }
        }
    }

    /// <summary>A router is gone: its members get the grace to come back by another.</summary>
    public void LoseRouter(IRouterLink router)
    {
        foreach (var seat in Seats.Seats.Where(s => s.Router == router))
        {
            seat.Router = null;
            seat.LeavesAt = Clock.GetUtcNow() + _services.Engine.Grace;
        }
    }

    async ValueTask JoinAsync(JoinRequest request)
    {
        var caller = request.Caller;
        var turn = Begin(request);
        var seat = Seats.Find(caller.Session);
        bool isNew = seat is null;
        if (seat is not null)
        {
            if (caller.Stamp.CompareTo(seat.Stamp) < 0)
            {
                await RefuseAsync(request, ErrorCode.Gone, "A newer connection of this session is in the room.");
                return;
            }

            if (seat.Router is { } other && other != request.Via && caller.Stamp.CompareTo(seat.Stamp) > 0)
            {
                turn.Add(new HeldReplaced(other, caller.Session, caller.Stamp));
            }

            seat.Stamp = caller.Stamp;
            seat.Router = request.Via;
            seat.LeavesAt = null;
            if (request.Data is { } data)
            {
                Present(turn, seat, data);
            }
        }
        else if (Sessions.Look(caller.Session, 1) == SessionLedger.Verdict.Forgotten)
        {
            await AnswerAsync(request, Forgotten());
            return;
        }
        else
        {
            var (error, entered) = await EnterAsync(turn, request);
            if (error is not null)
            {
                await AnswerAsync(request, new ErrorReply(error));
                return;
            }

            seat = entered!;
        }

        var (viewError, _) = await CallAsync("View", () =>
        {
            turn.Add(new HeldJoin(request, JoinedOf(request, seat.Member)));
            return new ValueTask<object?>((object?)null);
        });
        if (viewError is not null)
        {
            turn.Add(new HeldReply(request, new ErrorReply(viewError)));
            if (isNew)
            {
                Seats.Remove(seat);
                Recorded.Remove(caller.Session);
            }
        }

        await FinishAsync(turn);
    }

    async ValueTask<(RoomError? Error, Seat? Seat)> EnterAsync(Turn turn, JoinRequest request)
    {
        if (Seats.Count >= Kind.Options.MaxMembers)
        {
            return (new RoomError(ErrorCode.RoomFull, $"{Id} is full: {Kind.Options.MaxMembers} members at most."), null);
        }

        var caller = request.Caller;
        Admission? admission = null;
        var (failed, _) = await CallAsync("OnJoining", () =>
        {
            admission = _room.OnJoining(new Joining(caller.User, caller.DisplayName, request.Data));
            return new ValueTask<object?>((object?)null);
        });
        if (failed is not null || admission?.Code is not null)
        {
            return (failed ?? new RoomError(admission!.Code!, admission.Message ?? "The room does not admit you."), null);
        }

        var member = new Member(_services.MemberIds.Of(Id, caller.Session), caller.User, caller.DisplayName, request.Data);
        var seat = new Seat(caller.Session, member, caller.Stamp) { Router = request.Via };
        Seats.Add(seat);
        turn.By = member;
        turn.Session = caller.Session;
        (failed, _) = await CallAsync("OnJoined", async () =>
        {
            if (Kind.RecordsMembers)
            {
                var joined = new MemberJoined(member.Id, member.User, member.Data);
                Emit(joined);
                Recorded[caller.Session] = joined;
                if (!AlarmTable.Has(MembersAlarm))
                {
                    AlarmTable.Set(MembersAlarm, Now + MembersAlarmEvery);
                }
            }

            await _room.OnJoined(member);
            return null;
        });
        if (failed is not null)
        {
            Seats.Remove(seat);
            Recorded.Remove(caller.Session);
            return (failed, null);
        }

        turn.Add(new HeldMembers(new MemberChange(MemberChangeKind.Joined, member.Info)));
        return (null, seat);
    }

    JoinedReply JoinedOf(JoinRequest request, Member member)
    {
        bool recovered = request.Since is { } asked && asked >= FirstSeq - 1 && asked <= Version
            && (request.Epoch is null || request.Epoch == Activation.Epoch)
            && Version - asked <= _services.Limits.ResumeEvents;
        long next = recovered ? request.Since!.Value + 1
            : request.History > 0 ? Math.Max(Version - request.History + 1, FirstSeq)
            : Version + 1;
        var state = recovered ? default : ViewOf(member);
        return new JoinedReply(Activation.Epoch, Version, recovered, member.Id, state, MemberListJson(), next, null);
    }

    async ValueTask LeaveAsync(LeaveRequest request)
    {
        var seat = Seats.Find(request.Caller.Session);
        if (seat is not null && request.Caller.Stamp.CompareTo(seat.Stamp) >= 0)
        {
            if (request.Broke)
            {
                seat.Router = null;
                seat.LeavesAt = Clock.GetUtcNow() + _services.Engine.Grace;
            }
            else
            {
                await LeaveAsync(seat, request.Reason, request);
                return;
            }
        }

        await AnswerAsync(request, new LeftReply());
    }

    /// <summary>Sessions whose <see cref="Room.OnLeft"/> decided what the database cannot store: they leave without it.</summary>
    public HashSet<string> HooklessLeaves { get; init; } = [];

    /// <summary>The members whose grace is over leave, each by a turn of its own.</summary>
    public async ValueTask LeaveLostAsync()
    {
        var now = Clock.GetUtcNow();
        foreach (var seat in Seats.Seats.Where(s => s.LeavesAt <= now).ToList())
        {
            await LeaveAsync(seat, LeaveReason.Lost, null);
        }
    }

    async ValueTask LeaveAsync(Seat seat, LeaveReason reason, LeaveRequest? request)
    {
        var turn = Begin(request);
        Seats.Remove(seat);
        turn.Left = seat;
        turn.By = seat.Member;
        turn.Session = seat.Session;
        RecordLeave(seat, reason);
        var (error, _) = await CallAsync("OnLeft", async () =>
        {
            if (!HooklessLeaves.Contains(seat.Session))
            {
                await _room.OnLeft(seat.Member, reason);
            }

            return null;
        });
        if (error is not null)
        {
            // What the author's code did is undone; that the member is gone stays true.
            RecordLeave(seat, reason);
        }

        Recorded.Remove(seat.Session);
        turn.Add(new HeldMembers(new MemberChange(MemberChangeKind.Left, seat.Member.Info)));
        if (request is not null)
        {
            turn.Add(new HeldReply(request, new LeftReply()));
        }

        await FinishAsync(turn);
    }

    void RecordLeave(Seat seat, LeaveReason reason)
    {
        if (Recorded.ContainsKey(seat.Session))
        {
            Emit(new MemberLeft(seat.Member.Id, seat.Member.User, reason.ToString().ToLowerInvariant()));
        }
    }

    async ValueTask PresenceAsync(PresenceRequest request)
    {
        if (ByOf(request, out _) is null || Seats.Find(request.Caller.Session) is not { } seat)
        {
            return;
        }

        var turn = Begin(request);
        Present(turn, seat, request.Data);
        await FinishAsync(turn);
    }

    static void Present(Turn turn, Seat seat, JsonElement? data)
    {
        if (!MemberInfo.SameData(seat.Member.Data, data))
        {
            seat.Member.Data = data;
            turn.Add(new HeldMembers(new MemberChange(MemberChangeKind.Updated, seat.Member.Info)));
        }
    }
}
