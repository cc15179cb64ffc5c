namespace EdgeRooms.Server.Kinds;

/// <summary>State of a <see cref="Counter"/>.</summary>
public sealed record Count(long Value);

/// <summary>Event: the counter grew, or shrank where <paramref name="By"/> is negative.</summary>
public sealed record Added(long By);

/// <summary>Data of <c>add</c>.</summary>
public sealed record Addition(long? By);

/// <summary>The smallest worked example: a number that survives everything. 64 bits; what would not fit is refused.</summary>
public sealed class Counter : Room<Count>
{
    /// <inheritdoc/>
    protected override Count Initial => new(0);

    /// <summary>Adds a whole number, also a negative one; the ack's result is the new state.</summary>
    [Command]
    public Count Add(Member by, Addition data)
    {
        if (data.By is not { } number)
        {
            throw Reject("Say how much: {\"by\": 1}.");
        }

        if ((Int128)State.Value + number is var sum && (sum < long.MinValue || sum > long.MaxValue))
        {
            throw Reject($"The counter is at {State.Value} and ends at 64 bits.");
        }

        Emit(new Added(number));
        return State;
    }

    /// <summary>Folds <c>added</c>.</summary>
    public static Count Apply(Count state, Added added) => new(state.Value + added.By);
}
