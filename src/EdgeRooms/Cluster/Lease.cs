namespace EdgeRooms.Cluster;

/// <summary>
/// Whether this node may speak for its rooms, by its own monotonic clock: it may until shortly before others may call it dead (HARD-CASES 18). Renewed
/// by the process's renewals, read by room loops on any thread.
/// </summary>
sealed class Lease(TimeProvider clock)
{
    /// <summary>Others wait for 5 s by the database's clock, counted from a moment that is not before the renewal was asked for.</summary>
    public static readonly TimeSpan HeldFor = TimeSpan.FromSeconds(4);

    long _renewedAt = long.MinValue;

    public bool IsHeld => Volatile.Read(ref _renewedAt) is not long.MinValue and var at && clock.GetElapsedTime(at) < HeldFor;

    /// <summary>A renewal that was asked for at <paramref name="asked"/> (a timestamp of the clock) went through.</summary>
    public void Renewed(long asked) => Volatile.Write(ref _renewedAt, asked);
}
