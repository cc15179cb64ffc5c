namespace EdgeRooms.Cluster;

/// <summary>A wait of a polling loop that a hint cuts short. Hinted from any thread, waited on by one loop; hints while it works are one.</summary>
sealed class Pulse(TimeSpan every, TimeProvider clock)
{
    readonly SemaphoreSlim _hint = new(0, 1);

    public void Hint()
    {
        try
        {
            _hint.Release();
        }
        catch (SemaphoreFullException)
        {
            // one is due already
        }
    }

    /// <summary>Ends at a hint, after the time, or with the stop; never throws.</summary>
    public async Task WaitAsync(CancellationToken stopping)
    {
        using var due = new CancellationTokenSource(every, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, stopping);
        await _hint.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
