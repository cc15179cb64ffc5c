using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using EdgeRooms.Client.Rooms;

namespace EdgeRooms.Client;

/// <summary>A room whose state is read as a type of yours.</summary>
public sealed class Room<TState> : Room
{
    readonly JsonTypeInfo<TState> _type;
    readonly Lock _reading = new();
    long _version = -1;
    TState? _state;
    volatile OptimisticState<TState>? _reduced;

    internal Room(Hub hub, string id, JsonTypeInfo<TState> type)
        : base(hub, id) => _type = type;

    /// <summary>As <see cref="Room.State"/>, or as the reducer has made it; default where the server has told none.</summary>
    /// <exception cref="JsonException">The state has another shape.</exception>
    public new TState? State
    {
        get
        {
            if (_reduced is { } reduced)
            {
                return reduced.Value;
            }

            var (version, told) = Read(m => (m.State.Version, m.State.Value));
            lock (_reading)
            {
                if (version != _version)
                {
                    _state = told.ValueKind == JsonValueKind.Undefined ? default : told.Deserialize(_type);
                    _version = version;
                }

                return _state;
            }
        }
    }

    /// <summary>As <see cref="Room.StateSeq"/>, or of the last event that the reducer has applied.</summary>
    public new long StateSeq => _reduced?.Seq ?? base.StateSeq;

    /// <summary>
    /// Applies own commands at once and every event as it comes; <see cref="State"/> and <see cref="Room.StateChanged"/> then follow each. What the server refuses
    /// disappears again. Call it right after <c>client.Room()</c>. For kinds that tell a state.
    /// </summary>
    /// <param name="apply">
    /// Returns the next state and leaves the given one as it is; it gets the events and, until those have come, the commands as they were sent. One call at a time. What
    /// it throws is logged, and the change is passed over.
    /// </param>
    /// <returns>This room.</returns>
    /// <exception cref="EdgeRoomsException"><c>state_lost</c>: it came too late for a busy room.</exception>
    public Room<TState> Optimistic(Func<TState, RoomChange, TState> apply) => Use(apply, hasInitial: false, default);

    /// <summary>The same for kinds that tell no state: everything is applied over the initial one, past events too where they are asked for.</summary>
    /// <inheritdoc cref="Optimistic(Func{TState, RoomChange, TState})"/>
    public Room<TState> Optimistic(TState initial, Func<TState, RoomChange, TState> apply) => Use(apply, hasInitial: true, initial);

    /// <inheritdoc cref="Room.AtAsync(long, CancellationToken)"/>
    public new async Task<TState?> AtAsync(long seq, CancellationToken cancellationToken = default) =>
        (await base.AtAsync(seq, cancellationToken).ConfigureAwait(false)).Deserialize(_type);

    Room<TState> Use(Func<TState, RoomChange, TState> apply, bool hasInitial, TState? initial)
    {
        ArgumentNullException.ThrowIfNull(apply);
        var reduced = new OptimisticState<TState>(apply, hasInitial, initial, _type, Hub.Logger);
        Read(m =>
        {
            m.Use(this, reduced);
            return true;
        });
        _reduced = reduced;
        return this;
    }
}
