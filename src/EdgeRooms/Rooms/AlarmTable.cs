using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>A room's alarms, speculative ones included. Owned by the room's loop; at most 64 besides the engine's own.</summary>
sealed class AlarmTable
{
    public const int AlarmsMax = 64;

    static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(2);
    static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(5);

    readonly Dictionary<string, Entry> _entries = [];
    Dictionary<string, Entry>? _before;

    public IReadOnlyCollection<string> Names => [.. _entries.Keys.Where(n => !IsEngines(n))];

    static bool IsEngines(string name) => name.StartsWith('~');

    public void Restore(Alarm alarm) => _entries[alarm.Name] = new Entry(alarm.Id, alarm.Due, alarm.Due, PauseMin);

    /// <summary>Sets or moves an alarm. A name that starts with ~ is the engine's own.</summary>
    public void Set(string name, DateTimeOffset due)
    {
        if (!_entries.ContainsKey(name) && !IsEngines(name) && _entries.Keys.Count(n => !IsEngines(n)) >= AlarmsMax)
        {
            throw new InvalidOperationException($"A room has at most {AlarmsMax} alarms; cancel one before setting '{name}'.");
        }

        Keep();
        _entries[name] = new Entry(Guid.CreateVersion7(), due, due, PauseMin);
    }

    public bool Remove(string name)
    {
        Keep();
        return _entries.Remove(name);
    }

    public bool Has(string name) => _entries.ContainsKey(name);

    /// <summary>Undoes what changed since the last <see cref="TakeChanges"/> or undo.</summary>
    public void Undo()
    {
        if (_before is not null)
        {
            _entries.Clear();
            foreach (var (name, entry) in _before)
            {
                _entries[name] = entry;
            }

            _before = null;
        }
    }

    /// <summary>What a turn changed, as rows to write and delete: one change a name, whatever the handler did in between.</summary>
    public IReadOnlyList<AlarmChange> TakeChanges()
    {
        if (_before is not { } before)
        {
            return [];
        }

        _before = null;
        var changes = new List<AlarmChange>();
        foreach (var (name, entry) in before)
        {
            if (!_entries.ContainsKey(name))
            {
                changes.Add(new AlarmChange(entry.Id, name, null));
            }
        }

        foreach (var (name, entry) in _entries)
        {
            if (!before.TryGetValue(name, out var old) || old.Id != entry.Id)
            {
                changes.Add(new AlarmChange(entry.Id, name, entry.Due));
            }
        }

        return changes;
    }

    /// <summary>The next alarm to try and when; null where none is set.</summary>
    public (string Name, Entry Entry)? Next()
    {
        (string, Entry)? next = null;
        DateTimeOffset earliest = DateTimeOffset.MaxValue;
        foreach (var (name, entry) in _entries)
        {
            if (entry.TryAt < earliest)
            {
                earliest = entry.TryAt;
                next = (name, entry);
            }
        }

        return next;
    }

    /// <summary>An alarm that failed is tried again after 2 s, doubling with each of the <paramref name="times"/> to 5 min.</summary>
    public void BackOff(string name, DateTimeOffset now, int times = 1)
    {
        for (int i = 0; i < Math.Min(times, 12) && _entries.TryGetValue(name, out var entry); i++)
        {
            var next = entry.Pause * 2 < PauseMax ? entry.Pause * 2 : PauseMax;
            _entries[name] = entry with { TryAt = now + entry.Pause, Pause = next };
        }
    }

    void Keep() => _before ??= new Dictionary<string, Entry>(_entries);

    public readonly record struct Entry(Guid Id, DateTimeOffset Due, DateTimeOffset TryAt, TimeSpan Pause);
}
