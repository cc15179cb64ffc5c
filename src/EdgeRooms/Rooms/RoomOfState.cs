namespace EdgeRooms;

/// <summary>
/// A room with a state that only its events change. The state is immutable (a record): a turn that fails is undone by keeping the old one.
/// <code>
/// public sealed record Count(long Value);
/// public sealed record Added(long By);
/// public sealed class Counter : Room&lt;Count&gt;
/// {
///     protected override Count Initial => new(0);
///     [Command] public void Add(Member by, Added add) => Emit(add);
///     public static Count Apply(Count state, Added e) => new(state.Value + e.By);
/// }
/// </code>
/// <c>Apply</c> methods are public and static, one for each event type: <c>TState Apply(TState, TEvent[, EventInfo])</c>. They must only
/// depend on their arguments: they run again at each replay.
/// </summary>
/// <typeparam name="TState">Serialized as JSON in snapshots and to clients.</typeparam>
public abstract class Room<TState> : Room
    where TState : class
{
    TState? _state;

    /// <summary>The state, with the events of this turn applied.</summary>
    protected TState State => _state ??= Initial;

    /// <summary>The state of a room without events. Default: the parameterless constructor's. Must be the same each time.</summary>
    protected virtual TState Initial => Activator.CreateInstance<TState>();

    internal sealed override object? StateObject
    {
        get => State;
        set => _state = (TState?)value;
    }
}
