using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>What is asked of a room but entering it: commands and numbers given up, exactly once by the ledgers (HARD-CASES 11 to 16), reads, alarms.</summary>
sealed partial class RoomMemory
{
    /// <summary>An ack's result, and what is kept of it, at most.</summary>
    public const int ResultBytesMax = 4096;

    async ValueTask CommandAsync(CommandRequest request)
    {
        _services.Meters.Command();
        if (ByOf(request, out var refusal) is not { } by)
        {
            await AnswerAsync(request, refusal!);
            return;
        }

        if (Known(request) is { } answer)
        {
            await AnswerAsync(request, answer);
            return;
        }

        var turn = Begin(request);
        turn.By = by;
        turn.Session = request.Caller.Session.Length > 0 ? request.Caller.Session : null;
        turn.Cmd = request.Cmd;
        var (error, value) = await CallAsync(
            request.Name, () => Kind.Commands.Invoke(_room, by, request.Name, request.Data));
        if (error is null && turn.SeqBefore == 0 && turn.Events.Count > 0
            && _services.NewRooms.TakeNewRoom(request.Caller.User) is { } wait)
        {
            Undo();
            await RefuseAsync(request, ErrorCode.OverLimit,
                "You brought too many new rooms into being this hour; wait, or use one that exists.", retry: true, (int)wait.TotalMilliseconds);
            return;
        }

        turn.Alarms = AlarmTable.TakeChanges();
        var result = error is null ? ResultOf(value) : default;
        EffectSet? effects = turn is { Session: { } session, Cmd: { } cmd }
            ? Sessions.Judge(session, cmd, done: error is null, turn.HasEffect, Version, result)
            : null;
        if (error is null && request.Key is { } key)
        {
            Keys.Add(request.Caller.User, key, new KeyLedger.Entry(request.KeyHash!, Version, turn.At, result));
        }

        turn.Add(new HeldReply(request, error is null ? new AckReply(request.Cmd, Version, Result: result) : new ErrorReply(error)));
        await FinishAsync(turn, effects, result, request);
    }

    async ValueTask SkipAsync(SkipRequest request)
    {
        if (ByOf(request, out var refusal) is null)
        {
            await AnswerAsync(request, refusal!);
            return;
        }

        string session = request.Caller.Session;
        var verdict = Sessions.Look(session, request.Cmd);
        if (verdict == SessionLedger.Verdict.New)
        {
            Sessions.Judge(session, request.Cmd, done: false, effect: false, Version, default);
        }

        await AnswerAsync(request, verdict switch
        {
            SessionLedger.Verdict.TookEffect => new AckReply(request.Cmd, Sessions.Find(session)!.Seq, Dup: true),
            SessionLedger.Verdict.Forgotten => Forgotten(),
            _ => new AckReply(request.Cmd, Version, Skipped: true),
        });
    }

    /// <summary>The member behind a request; null, with the answer, where the request has no effect here.</summary>
    Member? ByOf(RoomRequest request, out RoomReply? refusal)
    {
        var caller = request.Caller;
        refusal = null;
        if (caller.Session.Length == 0)
        {
            return new Member("", caller.User, caller.DisplayName, null);
        }

        if (Seats.Find(caller.Session) is not { } seat)
        {
            refusal = new ErrorReply(new RoomError(ErrorCode.NotJoined, $"Join {Id} first."));
            return null;
        }

        if (caller.Stamp.CompareTo(seat.Stamp) < 0)
        {
            refusal = new ErrorReply(new RoomError(ErrorCode.Gone, "A newer connection of this session is in the room; this one has no effect."));
            return null;
        }

        return seat.Member;
    }

    /// <summary>The answer to a command that must not run: a repeat, out of order, of another life; null for one that may.</summary>
    RoomReply? Known(CommandRequest request)
    {
        if (request.Epoch is { } epoch && epoch != Activation.Epoch)
        {
            return new ErrorReply(new RoomError(ErrorCode.Gone, "The room's stream was replaced since; join again."));
        }

        if (request.Key is { } key)
        {
            if (Keys.Find(request.Caller.User, key) is { } entry)
            {
                return entry.BodyHash == request.KeyHash
                    ? new AckReply(null, entry.Seq, Dup: true, Result: entry.Result)
                    : new KeyReusedReply();
            }

            if (!Keys.HasRoom(Now))
            {
                return new ErrorReply(new RoomError(
                    ErrorCode.OverLimit, "The room remembers too many Idempotency-Keys of the last day.", RetryAfterMs: 60_000));
            }
        }

        if (request.Cmd is not { } cmd)
        {
            return null;
        }

        string session = request.Caller.Session;
        switch (Sessions.Look(session, cmd))
        {
            case SessionLedger.Verdict.TookEffect:
                var known = Sessions.Find(session)!;
                return new AckReply(cmd, known.Seq, Dup: true, Result: known.Top == cmd ? known.Result : default);
            case SessionLedger.Verdict.Refused:
                return new AckReply(cmd, Sessions.Find(session)!.Seq, Dup: true, Refused: true);
            case SessionLedger.Verdict.Forgotten:
                return Forgotten();
            default:
                return request.After > Sessions.TopOf(session)
                    ? new ErrorReply(new RoomError(ErrorCode.OutOfOrder, $"Send cmd {request.After} again first.", Retry: true))
                    : null;
        }
    }

    static ErrorReply Forgotten() => new(new RoomError(
        ErrorCode.Gone, "The room has forgotten this session, which is among its oldest; connect without one for a new session."));

    static ReadOnlyMemory<byte> ResultOf(object? value)
    {
        if (value is null)
        {
            return default;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), RoomKind.StoredJson);
        return json.Length <= ResultBytesMax ? json : default;
    }

    async ValueTask ReadAsync(ReadRequest request)
    {
        var caller = request.Caller;
        var member = Seats.Find(caller.Session)?.Member ?? new Member("", caller.User, caller.DisplayName, null);
        var turn = Begin(request);
        var (error, _) = await CallAsync("View", () =>
        {
            turn.Add(new HeldReply(request, new StateReply(Activation.Epoch, Version, ViewOf(member), MemberListJson())));
            return new ValueTask<object?>((object?)null);
        });
        if (error is not null)
        {
            turn.Add(new HeldReply(request, new ErrorReply(error)));
        }

        await FinishAsync(turn);
    }

    /// <summary>Fires the alarm; its row goes with the turn, so what it emits is stored once.</summary>
    public async ValueTask AlarmAsync(string name)
    {
        var turn = Begin(new Turn(UtcNow(), State, Version) { Alarm = name });
        AlarmTable.Remove(name);
        if (name == MembersAlarm)
        {
            if (Recorded.Count > 0)
            {
                AlarmTable.Set(MembersAlarm, Now + MembersAlarmEvery);
            }
        }
        else
        {
            var (error, _) = await CallAsync(name, async () =>
            {
                await _room.OnAlarm(name);
                return null;
            });
            if (error is not null)
            {
                // Undone, so the alarm stands again; it is tried after a pause.
                AlarmTable.BackOff(name, Clock.GetUtcNow());
                _services.Meters.AlarmFailed();
            }
        }

        await FinishAsync(turn);
    }
}

/// <summary>The idempotency key was used with another body: HTTP 422.</summary>
sealed record KeyReusedReply : RoomReply;
