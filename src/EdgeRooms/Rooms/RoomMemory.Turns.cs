using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>How turns begin, call the author's code and end in the gate.</summary>
sealed partial class RoomMemory
{
    /// <summary>
    /// Waits for a handler that did not end at once, serving commits meanwhile; false where its time is over or the activation is lost.
    /// Set by the loop.
    /// </summary>
    public required Func<Task, Task<bool>> WaitForHandler { get; init; }

    /// <summary>Hands a turn's group to the writer; waits while the writer's queue is full. Set by the loop.</summary>
    public required Func<AppendGroup, ValueTask> Enqueue { get; init; }

    /// <summary>Lets out turns that wait for nothing. Set by the loop.</summary>
    public required Action<IReadOnlyList<Turn>> Release { get; init; }

    /// <summary>Who hears of the groups. Set by the loop.</summary>
    public required IAppendListener Listener { get; init; }

    /// <summary>A memory that runs no turns: what past states are folded into.</summary>
    public static RoomMemory ForReading(RoomKind kind, Activation activation, RoomServices services) => new(kind, activation, 0, services)
    {
        WaitForHandler = static _ => Task.FromResult(false),
        Enqueue = static _ => ValueTask.CompletedTask,
        Release = static _ => { },
        Listener = new NoListener(),
    };

    public ValueTask RunAsync(RoomRequest request) => request switch
    {
        CommandRequest command => CommandAsync(command),
        JoinRequest join => JoinAsync(join),
        LeaveRequest leave => LeaveAsync(leave),
        SkipRequest skip => SkipAsync(skip),
        PresenceRequest presence => PresenceAsync(presence),
        ReadRequest read => ReadAsync(read),
        _ => throw new NotSupportedException(request.GetType().Name),
    };

    /// <summary>An outside work's result, as a turn of its own.</summary>
    public async ValueTask MessageAsync(object message)
    {
        var turn = Begin(new Turn(UtcNow(), State, Version) { Message = message });
        await CallAsync("OnMessage", async () =>
        {
            await _room.OnMessage(message);
            return null;
        });
        await FinishAsync(turn);
    }

    /// <summary>The turn whose handler waits; none between turns.</summary>
    public IEnumerable<Turn> OpenTurns => _turn is null ? [] : [_turn];

    Turn Begin(RoomRequest? request) => Begin(new Turn(UtcNow(), State, Version) { Request = request });

    Turn Begin(Turn turn) => _turn = turn;

    /// <summary>Runs author's code inside the open turn. What goes wrong undoes the turn and comes back as the error to answer.</summary>
    async ValueTask<(RoomError? Error, object? Result)> CallAsync(string handler, Func<ValueTask<object?>> call)
    {
        try
        {
            var pending = call();
            if (pending.IsCompleted)
            {
                return (null, pending.GetAwaiter().GetResult());
            }

            var task = pending.AsTask();
            if (await WaitForHandler(task))
            {
                return (null, await task);
            }

            if (Activation.Failed)
            {
                _ = task.ContinueWith(static t => t.Exception, TaskScheduler.Default); // observed: its turn is gone
                _room.Attach(null);
                throw new ActivationLostException();
            }

            _services.Logger.HandlerTooSlow(Id, _services.Engine.HandlerTimeout, handler);
            _ = task.ContinueWith(static t => t.Exception, TaskScheduler.Default); // observed: its turn is gone
            await ReplaceRoomAsync();
            return (new RoomError(ErrorCode.Internal, $"The room took too long over '{handler}'; nothing of it happened."), null);
        }
        catch (ActivationLostException)
        {
            throw;
        }
        catch (RejectedException e)
        {
            Undo();
            return (new RoomError(ErrorCode.Rejected, e.Message), null);
        }
        catch (Exception e)
        {
            _services.Logger.HandlerThrew(e, Id, handler);
            Undo();
            return (new RoomError(ErrorCode.Internal, $"The room failed over '{handler}'; nothing of it happened."), null);
        }
    }

    void Undo()
    {
        var turn = OpenTurn();
        turn.Undo();
        State = turn.StateBefore;
        Version = turn.SeqBefore;
        AlarmTable.Undo();
    }

    /// <summary>After a turn that took too long: the old instance, whose code may still run, is cut off, and a fresh one goes on.</summary>
    async ValueTask ReplaceRoomAsync()
    {
        var old = _room;
        object? state = OpenTurn().StateBefore;
        old.Attach(null);
        _room = NewRoom();
        State = state;
        OpenTurn().Undo();
        Version = OpenTurn().SeqBefore;
        AlarmTable.Undo();
        await _room.OnWake();
    }

    /// <summary>Answers without a turn's effect; still behind the gate where uncommitted turns are ahead (HARD-CASES 10).</summary>
    ValueTask AnswerAsync(RoomRequest request, RoomReply reply)
    {
        var turn = _turn ?? Begin(request);
        turn.Add(new HeldReply(request, reply));
        return FinishAsync(turn);
    }

    ValueTask RefuseAsync(RoomRequest request, string code, string message, bool retry = false, int? retryAfterMs = null) =>
        AnswerAsync(request, new ErrorReply(new RoomError(code, message, retry, retryAfterMs)));

    /// <summary>Closes the turn: what it decided goes to the writer, what it says behind the gate, or out at once where nothing holds it.</summary>
    async ValueTask FinishAsync(Turn turn, EffectSet? effects = null, ReadOnlyMemory<byte> result = default, CommandRequest? command = null)
    {
        if (turn.Alarms.Count == 0)
        {
            turn.Alarms = AlarmTable.TakeChanges();
        }

        _turn = null;
        if (!turn.HasEffect)
        {
            if (Gate.IsEmpty)
            {
                Release([turn]);
            }
            else
            {
                Gate.Hold(turn);
            }

            return;
        }

        var mark = turn.Events.Count == 0 && turn.Cmd is { } cmd && effects is { } set
            ? new CommandMark(turn.Session!, cmd, set, Version)
            : null;
        turn.Group = new AppendGroup(Activation, turn.SeqBefore, Store(turn, effects, result, command), turn.Alarms, mark, Listener);
        SawEventAt(turn.At);
        Gate.Hold(turn);
        await Enqueue(turn.Group);
    }

    IReadOnlyList<NewEvent> Store(Turn turn, EffectSet? effects, ReadOnlyMemory<byte> result, CommandRequest? command)
    {
        int count = turn.Events.Count;
        if (count == 0)
        {
            return [];
        }

        var stored = new NewEvent[count];
        turn.Frames = new ReadOnlyMemory<byte>[count];
        string? member = turn.By is { Id.Length: > 0 } by ? by.Id : null;
        for (int i = 0; i < count; i++)
        {
            bool last = i == count - 1;
            var emitted = turn.Events[i];
            var headers = new EventHeaders(
                turn.By?.User, turn.Session, turn.Cmd, member, command?.Key, command?.KeyHash, last ? effects : null, last ? result : default);
            stored[i] = new NewEvent(Guid.CreateVersion7(turn.At), emitted.Type, emitted.Body, EventHeadersJson.Write(headers), turn.At);
            turn.Frames[i] = ServerFrame.Event(
                _frame, Id, turn.SeqBefore + i + 1, emitted.WireName, emitted.WireData.Span, turn.By?.User, member, turn.Cmd, turn.At);
        }

        return stored;
    }

    sealed class NoListener : IAppendListener
    {
        public void Committed(AppendGroup last)
        {
        }

        public void Failed(AppendGroup first, AppendOutcome outcome)
        {
        }
    }
}
