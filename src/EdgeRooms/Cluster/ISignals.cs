namespace EdgeRooms.Cluster;

/// <summary>
/// Port: hints between nodes in place of Redis pub/sub (LISTEN/NOTIFY). Losing every one of them costs latency, never
/// correctness: who listens also polls. Publishing never takes part in an append's transaction.
/// </summary>
interface ISignals
{
    /// <summary>Sends a hint to all nodes, this one included. Drops it where the database is away.</summary>
    ValueTask PublishAsync(Signal signal, CancellationToken cancellation);

    /// <summary>
    /// Listens until cancelled. The handler must not block; it is also called with <see cref="SignalKind.Reconnected"/> after each
    /// (re)connect, since hints in between were lost: read again what they would have told.
    /// </summary>
    Task ListenAsync(Action<Signal> handler, CancellationToken cancellation);
}

/// <summary>What a signal tells. Stored nowhere; the names are what travels.</summary>
enum SignalKind
{
    Reconnected,
    ViewChanged,
    OrderGiven,
}

/// <summary>A hint: its kind and a short subject (a node, what is ordered), at most 512 bytes.</summary>
sealed record Signal(SignalKind Kind, string Subject);
