using System.Collections.Concurrent;
using System.Diagnostics;

namespace EdgeRooms.Tests.Live;

/// <summary>
/// A load on a cluster and its checker: clients with numbered, pipelined commands, each event held against the one before it, and in the end every
/// command of every session against the streams in Postgres. Never throws under way: what was wrong is in <see cref="Violations"/>.
/// </summary>
sealed class Load : IAsyncDisposable
{
    readonly LiveCluster _cluster;
    readonly List<LoadClient> _clients = [];
    readonly ConcurrentDictionary<string, int> _closes = new();
    readonly ConcurrentDictionary<string, int> _refusals = new();
    readonly ConcurrentQueue<string> _violations = new();
    readonly ConcurrentQueue<float> _took = new();
    readonly Lock _lock = new();
    readonly List<(long At, TaskCompletionSource Reached)> _awaited = [];
    long _acked;

    /// <summary>Client i is in <paramref name="roomsEach"/> rooms from i * roomsEach on, around the <paramref name="rooms"/> there are.</summary>
    public Load(LiveCluster cluster, string name, int clients, int rooms, int window = 4, int roomsEach = 1, Func<int, string>? roomName = null)
    {
        _cluster = cluster;
        Name = name;
        Truths = [.. Enumerable.Range(0, rooms).Select(r => new RoomTruth(roomName?.Invoke(r) ?? $"relay/{name}-{r}"))];
        for (int i = 0; i < clients; i++)
        {
            int first = i * roomsEach;
            _clients.Add(new LoadClient(this, i, $"{name}-u{i}", Enumerable.Range(first, roomsEach).Select(r => Truths[r % rooms]), window));
        }
    }

    public string Name { get; }

    public IReadOnlyList<RoomTruth> Truths { get; }

    public IReadOnlyList<LoadClient> Clients => _clients;

    public IEnumerable<string> Violations => _violations;

    /// <summary>How often sockets were closed, by code.</summary>
    public IReadOnlyDictionary<string, int> Closes => _closes;

    /// <summary>How often commands and joins were refused with retry, by code.</summary>
    public IReadOnlyDictionary<string, int> Refusals => _refusals;

    public long AckCount => Interlocked.Read(ref _acked);

    /// <summary>Milliseconds from a command to its ack.</summary>
    public Spread Times => new(_took);

    /// <summary>Connects all, a few at a time, and sends from then on: as fast as the windows allow, or one command a room each <paramref name="every"/>.</summary>
    public async Task StartAsync(TimeSpan? every = null, bool sends = true)
    {
        foreach (var part in _clients.Chunk(50))
        {
            foreach (var client in part)
            {
                client.Start();
            }

            await Task.WhenAll(part.Select(c => c.Joined)).WaitAsync(TimeSpan.FromSeconds(60));
        }

        if (sends)
        {
            _clients.ForEach(c => c.BeginSending(every));
        }
    }

    public void Mark()
    {
        long now = Stopwatch.GetTimestamp();
        _clients.ForEach(c => c.Mark(now));
    }

    /// <summary>A measurement begins.</summary>
    public void ForgetTimes() => _took.Clear();

    /// <summary>Ends when so many more commands are acked.</summary>
    public Task AckedAsync(long more, TimeSpan? within = null)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _awaited.Add((AckCount + more, reached));
        }

        return reached.Task.WaitAsync(within ?? TimeSpan.FromSeconds(30));
    }

    /// <summary>Ends when every room had an ack of a command sent since the mark.</summary>
    public async Task AllRoomsAckedAsync(TimeSpan within)
    {
        var since = Stopwatch.StartNew();
        while (_clients.Any(c => c.Rooms.Any(r => r.FirstNewAck is null)))
        {
            if (since.Elapsed > within)
            {
                throw new TimeoutException("Without a new ack: " + string.Join("; ", _clients.Where(c => c.Rooms.Any(r => r.FirstNewAck is null)).Take(5).Select(c => c.Waiting())));
            }

            await AckedAsync(1, within);
        }
    }

    /// <summary>Nothing new is sent; all is answered and read by everybody; then the streams are compared. What was wrong.</summary>
    public async Task<IReadOnlyList<string>> FinishAsync(TimeSpan? within = null)
    {
        var patience = within ?? TimeSpan.FromSeconds(30);
        var finishing = Task.WhenAll(_clients.Select(c => c.FinishAsync()));
        try
        {
            await finishing.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            foreach (var client in _clients.Where(c => c.Rooms.Any(r => r.OpenCount > 0)).Take(10))
            {
                Violation($"not answered at the end: {client.Waiting()}");
            }
        }

        await StreamCheck.RunAsync(_cluster, this, patience);
        return [.. _violations];
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_clients.Select(c => c.StopAsync()));

    public void Violation(string what) => _violations.Enqueue(what);

    public void Refused(string? code) => _refusals.AddOrUpdate(code ?? "", 1, static (_, n) => n + 1);

    public void Closed(string user, int? code, string? reason) =>
        _closes.AddOrUpdate($"{code?.ToString() ?? "cut"}", 1, static (_, n) => n + 1);

    public void Acked(TimeSpan took)
    {
        _took.Enqueue((float)took.TotalMilliseconds);
        long count = Interlocked.Increment(ref _acked);
        lock (_lock)
        {
            for (int i = _awaited.Count - 1; i >= 0; i--)
            {
                if (_awaited[i].At <= count)
                {
                    _awaited[i].Reached.SetResult();
                    _awaited.RemoveAt(i);
                }
            }
        }
    }

    /// <summary>A router that is up, another one for each try; null while there is none.</summary>
    public Uri? Door(int tries)
    {
        var doors = _cluster.Routers.Where(r => r.IsUp).ToList();
        return doors.Count == 0 ? null : doors[tries % doors.Count].Url;
    }
}
