using EdgeRooms.Events;

namespace EdgeRooms.Cluster;

/// <summary>Signals between the nodes that share an <see cref="InMemoryStore"/>; handlers run on the publisher's thread.</summary>
sealed class InMemorySignals(InMemoryStore store) : ISignals
{
    /// <summary>Switch: everything published is lost while set.</summary>
    public bool Loses { get; set; }

    public ValueTask PublishAsync(Signal signal, CancellationToken cancellation)
    {
        if (!Loses)
        {
            foreach (var listener in store.Listeners)
            {
                listener(signal);
            }
        }

        return ValueTask.CompletedTask;
    }

    public async Task ListenAsync(Action<Signal> handler, CancellationToken cancellation)
    {
        Action<Signal> own = handler.Invoke;
        lock (store.Gate)
        {
            store.Listeners = [.. store.Listeners, own];
        }

        handler(new Signal(SignalKind.Reconnected, ""));
        await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (store.Gate)
        {
            store.Listeners = [.. store.Listeners.Where(l => l != own)];
        }
    }
}
