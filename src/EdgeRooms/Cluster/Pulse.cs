namespace EdgeRooms.Cluster;

/// <summary>
/// The beat of a polling loop, which a hint cuts short. Hinted from any thread, waited on by one loop; hints while it works are one. A step that fails is told
/// and does not end the loop; the stop does.
/// </summary>
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

    /// <summary>Does the step at each beat until the stop, which ends it without an error.</summary>
    public async Task RunAsync(Func<CancellationToken, Task> step, Action<Exception> failed, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await step(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failed(e);
            }

            await WaitAsync(stopping);
        }
    }

    /// <summary>Ends at a hint, after the time, or with the stop; never throws.</summary>
    async Task WaitAsync(CancellationToken stopping)
    {
        using var due = new CancellationTokenSource(every, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, stopping);
        await _hint.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
