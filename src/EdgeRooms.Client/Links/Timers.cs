namespace EdgeRooms.Client.Links;

/// <summary>
/// Named timers; setting one replaces it. They run in turns of the gate, and each is told how late it is: a machine that slept runs them late.
/// </summary>
sealed class Timers(TimeProvider time, Gate gate)
{
    /// <summary>None fires within the turn that sets it.</summary>
    static readonly TimeSpan DelayMin = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest that a system timer takes is 49 days.</summary>
    static readonly TimeSpan DelayMax = TimeSpan.FromDays(30);

    readonly Dictionary<string, Entry> _entries = [];

    public void Set(string name, TimeSpan delay, Action<TimeSpan> run)
    {
        Clear(name);
        var entry = new Entry(time.GetTimestamp(), delay < DelayMin ? DelayMin : delay, run);
        _entries[name] = entry;
        Arm(name, entry);
    }

    public bool Has(string name) => _entries.ContainsKey(name);

    public void Clear(string name)
    {
        if (_entries.Remove(name, out var entry))
        {
            entry.Timer?.Dispose();
        }
    }

    public void ClearAll()
    {
        foreach (var entry in _entries.Values)
        {
            entry.Timer?.Dispose();
        }

        _entries.Clear();
    }

    void Arm(string name, Entry entry)
    {
        entry.Timer?.Dispose();
        var left = entry.Delay - time.GetElapsedTime(entry.SetAt);
        left = left < DelayMin ? DelayMin : left > DelayMax ? DelayMax : left;
        entry.Timer = time.CreateTimer(_ => gate.Run(() => Fire(name, entry)), null, left, Timeout.InfiniteTimeSpan);
    }

    void Fire(string name, Entry entry)
    {
        if (_entries.GetValueOrDefault(name) != entry)
        {
            return; // cleared or replaced while it waited for its turn
        }

        var late = time.GetElapsedTime(entry.SetAt) - entry.Delay;
        if (late < TimeSpan.Zero && late < -DelayMin)
        {
            Arm(name, entry);
            return;
        }

        Clear(name);
        entry.Run(late < TimeSpan.Zero ? TimeSpan.Zero : late);
    }

    sealed class Entry(long setAt, TimeSpan delay, Action<TimeSpan> run)
    {
        public long SetAt => setAt;
        public TimeSpan Delay => delay;
        public Action<TimeSpan> Run => run;
        public ITimer? Timer { get; set; }
    }
}
