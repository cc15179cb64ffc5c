namespace EdgeRooms;

/// <summary>
/// Makes a method a command: <c>TResult? Name(Member by[, TData data])</c>, also as <c>Task</c> or <c>ValueTask</c>. Its wire name is the
/// method's in camel case unless given here. Its result is the ack's <c>result</c>.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CommandAttribute(string? name = null) : Attribute
{
    /// <summary>The wire name, or null for the method's own.</summary>
    public string? Name { get; } = name;
}

/// <summary>Gives an event its stored and wire name; without it the record's name in snake case (<c>CardPlayed</c> is <c>card_played</c>).</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class EventNameAttribute(string name) : Attribute
{
    /// <summary>The stored name.</summary>
    public string Name { get; } = name;
}

/// <summary>What an <c>Apply</c> may take beside state and event: where and when the event stands in the stream.</summary>
/// <param name="Seq">The event's seq.</param>
/// <param name="At">The turn's time, the same live and replayed.</param>
/// <param name="User">The user behind it; null for the room's own.</param>
public sealed record EventInfo(long Seq, DateTimeOffset At, string? User);

/// <summary>A command's refusal by the room's own logic; made by <see cref="Room.Reject"/>. The sender gets <c>rejected</c> with the message.</summary>
public sealed class RejectedException : Exception
{
    /// <summary>A refusal with the sentence that the sender reads.</summary>
    public RejectedException(string message)
        : base(message)
    {
    }

    /// <summary>A refusal without a reason.</summary>
    public RejectedException()
        : base("The room refused the command.")
    {
    }

    /// <summary>A refusal with the error behind it.</summary>
    public RejectedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
