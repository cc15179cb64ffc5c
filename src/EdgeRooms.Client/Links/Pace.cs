namespace EdgeRooms.Client.Links;

/// <summary>A token bucket a little under the server's, so that a long queue does not run into refusals. One for all rooms.</summary>
sealed class Pace
{
    const double Share = 0.9;
    const double CommandsPerSecond = 100;
    const double CommandBurst = 200;

    readonly Func<TimeSpan> _now;
    double _perSecond;
    double _burst;
    double _tokens;
    TimeSpan _at;

    public Pace(Func<TimeSpan> now)
    {
        _now = now;
        Limit(null, null);
    }

    /// <summary>How long until the next may go.</summary>
    public TimeSpan Wait => TimeSpan.FromMilliseconds(Math.Ceiling((1 - _tokens) / _perSecond * 1_000));

    /// <summary>As the welcome has it; the protocol's defaults where it has nothing.</summary>
    public void Limit(double? perSecond, double? burst)
    {
        double size = Math.Max(1, (burst ?? CommandBurst) * Share);
        if (size != _burst)
        {
            _tokens = size; // else it is the bucket that we have drawn from already
        }

        _perSecond = Math.Max(0.1, (perSecond ?? CommandsPerSecond) * Share);
        _burst = size;
    }

    /// <summary>Takes one; false where it must <see cref="Wait"/>.</summary>
    public bool TryTake()
    {
        var now = _now();
        _tokens = Math.Min(_burst, _tokens + ((now - _at).TotalSeconds * _perSecond));
        _at = now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
