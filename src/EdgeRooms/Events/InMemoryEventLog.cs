using EdgeRooms.Cluster;

namespace EdgeRooms.Events;

/// <summary>
/// One node's event log without a database, for tests and for trying a room out. The switches say how the next appends
/// and opens end. Any thread.
/// </summary>
sealed class InMemoryEventLog(InMemoryStore store, ILeases leases) : IEventLog
{
    const int TailEvents = 128;
    const int TailLimit = 1000;

    readonly Lock _gate = new();
    readonly Queue<InMemoryAppend> _next = [];
    int _failingOpens;

    /// <summary>Called before each append is judged; what it throws is an append of unknown outcome.</summary>
    public Func<IReadOnlyList<RoomAppend>, Task>? BeforeAppend { get; set; }

    /// <summary>Events the "database" refuses (jsonb would): their batch rolls back as data.</summary>
    public Func<NewEvent, bool>? RefusesEvent { get; set; }

    /// <summary>How many appends were asked for, failed ones included.</summary>
    public int AppendCount { get; internal set; }

    /// <summary>How many rooms were loaded.</summary>
    public int LoadCount { get; private set; }

    /// <summary>What <see cref="LoadAsync"/> throws while it is set.</summary>
    public Exception? FailLoads { get; set; }

    /// <summary>The next append ends like this; several calls queue up.</summary>
    public void SwitchNextAppend(InMemoryAppend append)
    {
        lock (_gate)
        {
            _next.Enqueue(append);
        }
    }

    /// <summary>The next append hangs until the result is completed, then it commits.</summary>
    public TaskCompletionSource HangNextAppend()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        SwitchNextAppend(new InMemoryAppend(InMemoryAppendKind.Hang, release.Task));
        return release;
    }

    /// <summary>The next <paramref name="times"/> opens of a writer fail as if the database were away.</summary>
    public void FailNextOpens(int times)
    {
        lock (_gate)
        {
            _failingOpens = times;
        }
    }

    public async Task<IEventLogWriter> OpenWriterAsync(int lane, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_failingOpens > 0)
            {
                _failingOpens--;
                throw new IOException("The database is away (switch).");
            }
        }

        var key = (leases.Node.Name, lane);
        Task? inFlight;
        lock (store.Gate)
        {
            store.InFlight.TryGetValue(key, out inFlight);
        }

        await (inFlight ?? Task.CompletedTask).WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        lock (store.Gate)
        {
            if (!store.Stands(leases.Node))
            {
                throw new NodeFencedException($"Node {leases.Node.Name} (boot {leases.Node.Boot}) was fenced off.");
            }

            return new InMemoryEventLogWriter(store, this, leases.Node, lane, store.Fences[key] = store.NextFence());
        }
    }

    public Task<IReadOnlyList<StoredRoom>> LoadAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation)
    {
        if (FailLoads is { } failure)
        {
            return Task.FromException<IReadOnlyList<StoredRoom>>(failure);
        }

        lock (store.Gate)
        {
            LoadCount += rooms.Count;
            return Task.FromResult<IReadOnlyList<StoredRoom>>([.. rooms.Select(Load)]);
        }
    }

    public Task<StoredPage> ReadAsync(RoomId room, long epoch, long after, int limit, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            epoch = epoch == 0 ? store.EpochOf(room) : epoch;
            var stream = store.Streams.GetValueOrDefault(StreamKey.Of(room, epoch)) ?? new InMemoryStream();
            var events = stream.After(after, limit);
            bool more = events.Count == limit && events[^1].Version < stream.Version;
            return Task.FromResult(new StoredPage(epoch, stream.Version, stream.FirstVersion, events, more));
        }
    }

    public Task<bool> SaveSnapshotAsync(StoredSnapshot snapshot, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            if (!store.Stands(leases.Node) || (store.Snapshots.TryGetValue(snapshot.Room, out var old)
                && (old.Epoch, old.Version).CompareTo((snapshot.Epoch, snapshot.Version)) >= 0))
            {
                return Task.FromResult(false);
            }

            store.Snapshots[snapshot.Room] = snapshot;
            foreach (var (key, mark) in store.Marks.Where(m => m.Key.Room == snapshot.Room).ToList())
            {
                // Older than the snapshot's last event, so the snapshot's own dedupe holds it; or of an epoch that is gone.
                if (key.Epoch < snapshot.Epoch || (key.Epoch == snapshot.Epoch && mark.Seq < snapshot.Version))
                {
                    store.Marks.Remove(key);
                }
            }

            return Task.FromResult(true);
        }
    }

    public Task<long> TrimAsync(RoomId room, long epoch, long upTo, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            long kept = store.Snapshots.TryGetValue(room, out var snapshot) && snapshot.Epoch == epoch ? snapshot.Version : 0;
            return Task.FromResult(store.Streams.TryGetValue(StreamKey.Of(room, epoch), out var stream) && store.Stands(leases.Node)
                ? stream.Events.RemoveAll(e => e.Version <= Math.Min(upTo, kept))
                : 0L);
        }
    }

    public Task<long> RaiseEpochAsync(
        RoomId room, long from, bool copy, StoredSnapshot? snapshot, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            if (!store.Stands(leases.Node))
            {
                throw new NodeFencedException($"Node {leases.Node.Name} (boot {leases.Node.Boot}) was fenced off.");
            }

            if (store.EpochOf(room) == from)
            {
                store.ReplaceStream(room, from, copy, snapshot);
            }

            return Task.FromResult(store.EpochOf(room));
        }
    }

    public Task<IReadOnlyList<Alarm>> ReadDueAlarmsAsync(int limit, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            var now = store.Time.GetUtcNow();
            return Task.FromResult<IReadOnlyList<Alarm>>([.. store.Alarms.Values
                .Where(a => a.Due <= now && (store.OwnerOf(a.Room) is not { } owner || owner == leases.Node.Name || store.IsDead(owner)))
                .OrderBy(a => a.Due).Take(limit)]);
        }
    }

    public Task<IReadOnlyList<long>> ReadVersionsAsync(IReadOnlyList<Activation> activations, CancellationToken cancellation)
    {
        lock (store.Gate)
        {
            return Task.FromResult<IReadOnlyList<long>>([.. activations.Select(a => store.VersionOf(a.Stream))]);
        }
    }

    internal InMemoryAppend TakeSwitch()
    {
        lock (_gate)
        {
            AppendCount++;
            return _next.TryDequeue(out var next) ? next : new InMemoryAppend(InMemoryAppendKind.Commit);
        }
    }

    StoredRoom Load(RoomId room)
    {
        long epoch = store.EpochOf(room);
        var stream = store.Streams.GetValueOrDefault(StreamKey.Of(room, epoch)) ?? new InMemoryStream();
        var snapshot = store.Snapshots.TryGetValue(room, out var found) && found.Epoch == epoch && found.Version <= stream.Version
            ? found
            : null;
        long after = Math.Min(snapshot?.Version ?? 0, Math.Max(0, stream.Version - TailEvents));
        return new StoredRoom(room, epoch, stream.Version, stream.FirstVersion, snapshot, stream.After(after, TailLimit),
            [.. store.Alarms.Values.Where(a => a.Room == room).OrderBy(a => a.Due)],
            [.. store.Marks.Where(m => m.Key.Room == room && m.Key.Epoch == epoch).Select(m => m.Value)]);
    }
}

/// <summary>How an append of <see cref="InMemoryEventLog"/> ends.</summary>
sealed record InMemoryAppend(InMemoryAppendKind Kind, Task? Release = null);

/// <summary>The ends of an append.</summary>
enum InMemoryAppendKind
{
    Commit,

    /// <summary>Every room of the batch is told it lost; nothing is stored.</summary>
    Conflict,
    RollBack,
    RollBackData,
    UnknownCommitted,
    UnknownNotCommitted,

    /// <summary>Waits for the release, then commits.</summary>
    Hang,
}
