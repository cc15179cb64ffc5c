namespace EdgeRooms.Client.Links;

/// <summary>Full jitter: anything from nothing to a window that doubles with each attempt, the first being 0.</summary>
static class Backoff
{
    public static readonly TimeSpan Max = TimeSpan.FromSeconds(20);
    static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);

    public static TimeSpan Draw(int attempt, double random, TimeSpan? max = null)
    {
        var window = First * Math.Pow(2, Math.Min(attempt, 16));
        return random * (window < (max ?? Max) ? window : max ?? Max);
    }
}
