using System.Text.Json;

using EdgeRooms.Client.Commands;

namespace EdgeRooms.Client.Rooms;

/// <summary>The state: what the server told, and what follows the events.</summary>
sealed partial class Membership
{
    public StateView State => _state;

    /// <summary>Own commands that have neither event nor answer.</summary>
    public IReadOnlyList<RoomChange> Pending => [.. Outbox.Pending.Select(c => new RoomChange(c.Name, c.Data, null))];

    /// <summary>From here on the handle's state is the reducer's.</summary>
    public void Use(Room handle, IReducer reducer)
    {
        if (_state.Tail is not { } tail)
        {
            throw new EdgeRoomsException("state_lost", "Too many events have passed for a reducer to begin. Call Optimistic right after client.Room().", Id);
        }

        handle.Reducer = reducer;
        if (_state.IsKnown)
        {
            reducer.Start(_state.Confirmed, _state.Seq);
        }

        foreach (var next in tail)
        {
            reducer.Fold(next);
        }

        reducer.Rebase(Pending);
        _hub.Gate.Afterwards(handle.OnState);
    }

    /// <summary>From here on the state is a document that follows. False where events have passed that are not known any more.</summary>
    public bool TryFollow()
    {
        if (!_state.TryFollow())
        {
            return false;
        }

        _state.Rebase(Pending);
        return true;
    }

    void IOutboxOwner.OnPending()
    {
        if (!_state.HasDocument && _handles.TrueForAll(h => h.Reducer is null))
        {
            return;
        }

        Rebase();
        TellFollowers();
    }

    void StartState(JsonElement state, long seq)
    {
        _state.Start(state, seq);
        foreach (var handle in _handles)
        {
            handle.Reducer?.Start(state, seq);
        }

        Rebase();
        Tell(handle => handle.OnState());
    }

    void Fold(RoomEvent next)
    {
        if (next.Cmd is { } cmd && next.Member == Me)
        {
            Outbox.Happened(cmd);
        }

        _state.Fold(next);
        foreach (var handle in _handles)
        {
            handle.Reducer?.Fold(next);
        }

        Rebase();
        TellFollowers();
    }

    void Rebase()
    {
        if (!_state.HasDocument && _handles.TrueForAll(h => h.Reducer is null))
        {
            return;
        }

        var pending = Pending;
        _state.Rebase(pending);
        foreach (var handle in _handles)
        {
            handle.Reducer?.Rebase(pending);
        }
    }

    void TellFollowers()
    {
        foreach (var handle in _handles.Where(h => _state.HasDocument || h.Reducer is not null))
        {
            _hub.Gate.Afterwards(handle.OnState);
        }
    }
}
