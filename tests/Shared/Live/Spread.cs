namespace EdgeRooms.Tests.Live;

/// <summary>Percentiles of times in milliseconds.</summary>
sealed class Spread
{
    readonly float[] _sorted;

    public Spread(IEnumerable<float> times)
    {
        _sorted = [.. times];
        Array.Sort(_sorted);
    }

    public int Count => _sorted.Length;

    public float At(double share) => _sorted.Length == 0 ? 0 : _sorted[Math.Min(_sorted.Length - 1, (int)(share * _sorted.Length))];

    public override string ToString() => $"p50 {At(0.5):0.0} ms, p99 {At(0.99):0.0} ms, max {At(1):0.0} ms ({Count})";
}
