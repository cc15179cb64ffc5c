namespace EdgeRooms.Client.Tests.Support;

/// <summary>How often each goes wrong at a model server, from 0 to 1.</summary>
sealed record Faults
{
    /// <summary>A frame's connection dies with it, before or after it has had its effect.</summary>
    public double Kill { get; init; }

    /// <summary>A command or join is refused with retry.</summary>
    public double Refuse { get; init; }

    /// <summary>It takes effect all the same, and only its answer says unavailable.</summary>
    public double Lie { get; init; }

    public double Reject { get; init; }

    /// <summary>An event is lost, doubled or overtaken on a live link.</summary>
    public double Lose { get; init; }

    public double Double { get; init; }

    public double Overtake { get; init; }

    /// <summary>A room forgets what it has refused, as after a crash.</summary>
    public double Forget { get; init; }

    /// <summary>A session ends at a hello.</summary>
    public double Gone { get; init; }

    public double GoAway { get; init; }
}
