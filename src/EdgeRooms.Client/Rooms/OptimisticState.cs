using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Rooms;

/// <summary>
/// A room's state by a reducer: what the server told, the events since folded over it, and own unanswered commands over that, anew over each event (rebase), so that
/// what another did in between is under them. The reducer is the user's code, so it never runs in a turn: turns only queue what happened, and who reads the
/// state, or tells of it, applies that first.
/// </summary>
sealed class OptimisticState<TState>(Func<TState, RoomChange, TState> apply, bool hasInitial, TState? initial, JsonTypeInfo<TState> type, ILogger logger) : IReducer
{
    /// <summary>Written in turns, read under the lock. As long as what the gate has not told yet, which is what bounds a client's memory anyway.</summary>
    readonly ConcurrentQueue<Action> _steps = [];
    readonly Lock _reading = new();
    IReadOnlyList<RoomChange> _pending = [];
    TState? _confirmed;
    TState? _view;
    bool _isKnown;
    JsonException? _problem;
    long _seq;
    long _version;
    long _toldVersion;
    bool _isApplying;

    public long Seq => Read(() => _seq);

    /// <exception cref="JsonException">The server's state has another shape.</exception>
    public TState? Value => Read(() => _problem is null ? _view : throw new JsonException(_problem.Message, _problem));

    public void Start(JsonElement state, long seq) => _steps.Enqueue(() =>
    {
        bool isTold = state.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);
        _seq = isTold ? seq : 0; // without a state all events that come are folded over the initial one, also past ones
        _problem = null;
        _confirmed = isTold ? Parse(state) : initial;
        _isKnown = (isTold || hasInitial) && _problem is null;
        _version++;
    });

    public void Fold(RoomEvent next) => _steps.Enqueue(() =>
    {
        if (next.Seq <= _seq)
        {
            return; // past events below the state are in it already
        }

        _seq = next.Seq;
        _confirmed = Apply(_confirmed, new RoomChange(next.Name, next.Data, next));
        _version++;
    });

    public void Rebase(IReadOnlyList<RoomChange> pending) => _steps.Enqueue(() => _pending = pending);

    public bool HasNews() => Read(() =>
    {
        bool isNew = _toldVersion != _version;
        _toldVersion = _version;
        return isNew;
    });

    T Read<T>(Func<T> read)
    {
        lock (_reading)
        {
            if (!_isApplying)
            {
                _isApplying = true; // a reducer that reads the state sees the one before
                try
                {
                    CatchUp();
                }
                finally
                {
                    _isApplying = false;
                }
            }

            return read();
        }
    }

    void CatchUp()
    {
        bool any = false;
        while (_steps.TryDequeue(out var step))
        {
            step();
            any = true;
        }

        if (!any)
        {
            return;
        }

        var before = _view;
        _view = _pending.Aggregate(_confirmed, Apply);
        _version += EqualityComparer<TState>.Default.Equals(before, _view) ? 0 : 1;
    }

    /// <summary>A reducer that throws is an author's bug; its change is passed over.</summary>
    TState? Apply(TState? state, RoomChange change)
    {
        if (!_isKnown)
        {
            return state;
        }

        try
        {
            return apply(state!, change); // known: told or given
        }
        catch (Exception e)
        {
            logger.HandlerThrew(e);
            return state;
        }
    }

    TState? Parse(JsonElement state)
    {
        try
        {
            return state.Deserialize(type);
        }
        catch (JsonException e)
        {
            _problem = e;
            return default;
        }
    }
}
