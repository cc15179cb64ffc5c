using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Rooms;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Cluster;

/// <summary>
/// The part of a process that owns rooms: its writer lanes, its rooms, and what is done for all of them now and then: due alarms, comparing with the
/// database, handing rooms to nodes with a better claim. Started and stopped by the process; loops of its own, which end with the stop.
/// </summary>
sealed class RoomNode
{
    const int AlarmsMax = 256;
    const int CompareRooms = 256;

    /// <summary>Rooms handed over in one round, so that a new node is not met by all of its share at once: from the first alone up to this.</summary>
    const int MovesMax = 64;

    static readonly TimeSpan AlarmsEvery = TimeSpan.FromSeconds(1);
    static readonly TimeSpan CompareEvery = TimeSpan.FromSeconds(10);
    static readonly TimeSpan BalanceEvery = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan BalanceAllEvery = TimeSpan.FromSeconds(10);

    readonly IEventLog _log;
    readonly ILeases _leases;
    readonly ClusterWatch _watch;
    readonly TimeProvider _clock;
    readonly ILogger _logger;
    readonly List<EventWriter> _lanes = [];
    readonly CancellationTokenSource _stopping = new();
    Task _loops = Task.CompletedTask;
    int _movesNow;
    long _movesVersion;
    long _balancedVersion;
    long _balancedAt;

    public RoomNode(KindRegistry kinds, RoomServices services, ILeases leases, ClusterWatch watch, Lease lease, Func<Task> fenced)
    {
        _log = services.Log;
        _leases = leases;
        _watch = watch;
        _clock = services.Clock;
        _logger = services.Logger;
        for (int lane = 0; lane < services.Engine.WriterLanes; lane++)
        {
            _lanes.Add(new EventWriter(services.Log, lane, services.Engine, services.Clock, services.Meters, services.Logger, fenced));
        }

        Rooms = new RoomDirectory(kinds, services, leases, lease, Enqueue);
    }

    public RoomDirectory Rooms { get; }

    public async Task StartAsync(CancellationToken cancellation)
    {
        foreach (var lane in _lanes)
        {
            await lane.StartAsync(cancellation);
        }

        _loops = Task.WhenAll(
            EveryAsync(AlarmsEvery, WakeForAlarmsAsync, _logger.AlarmsNotRead),
            EveryAsync(CompareEvery, CompareStreamsAsync, _logger.StreamsNotCompared),
            EveryAsync(BalanceEvery, BalanceAsync, _logger.ViewNotRead));
    }

    /// <summary>
    /// Hands every room over, in groups, and closes the lanes. After <paramref name="deadline"/> what the database does not take is given up as not
    /// stored.
    /// </summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        await _stopping.CancelAsync();
        await _loops;
        var rooms = Rooms.StopAsync(Successor);
        await Task.WhenAny(rooms, Task.Delay(Timeout.Infinite, deadline));
        await Task.WhenAll(_lanes.Select(l => l.StopAsync(deadline)));
        await Task.WhenAny(rooms, Task.Delay(TimeSpan.FromSeconds(1), _clock, CancellationToken.None));
    }

    /// <summary>After a time without a lease: nothing is said before every room was compared with its stream (HARD-CASES 18).</summary>
    public async Task ResumeAsync(CancellationToken cancellation)
    {
        await CompareStreamsAsync(cancellation);
        Rooms.LookAgain();
    }

    /// <summary>Who is to have a room when this node gives it up; null where nobody is left.</summary>
    string? Successor(RoomId room) => _watch.View.Ring.Preferred(room).FirstOrDefault(n => n != _leases.Node.Name);

    ValueTask Enqueue(AppendGroup group) =>
        _lanes[_lanes.Count == 1 ? 0 : (int)((uint)group.Activation.Room.GetHashCode() % (uint)_lanes.Count)].EnqueueAsync(group);

    async Task EveryAsync(TimeSpan pause, Func<CancellationToken, Task> work, Action<Exception> failed)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await work(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                failed(e);
            }

            await Task.Delay(pause, _clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Rooms with a due alarm that are here, or that nobody has and whose place on the ring is here (HARD-CASES 8).</summary>
    async Task WakeForAlarmsAsync(CancellationToken cancellation)
    {
        foreach (var alarm in await _log.ReadDueAlarmsAsync(AlarmsMax, cancellation))
        {
            if (_watch.View.Ring.OwnerOf(alarm.Room) is not { } owner || owner == _leases.Node.Name || Rooms.Has(alarm.Room))
            {
                Rooms.Wake(alarm.Room);
            }
        }
    }

    /// <summary>Every room in memory against its stream in the database (HARD-CASES 21): one query for 256 rooms.</summary>
    async Task CompareStreamsAsync(CancellationToken cancellation)
    {
        foreach (var part in Rooms.Loops.Chunk(CompareRooms))
        {
            var known = part.Where(l => l.Committed is not null).Select(l => (Loop: l, Place: l.Committed)).ToList();
            var places = known.Select(k => k.Place).OfType<(Activation Activation, long Seq)>().ToList();
            var stored = await _log.ReadVersionsAsync([.. places.Select(p => p.Activation)], cancellation);
            for (int i = 0; i < places.Count; i++)
            {
                known[i].Loop.Compare(places[i].Activation, places[i].Seq, stored[i]);
            }
        }
    }

    /// <summary>
    /// Rooms whose place on the ring is another's now go there, a few at a time. Only by a view read just now: rooms of a node that died a moment ago come
    /// here, and must not be given back to it.
    /// </summary>
    async Task BalanceAsync(CancellationToken cancellation)
    {
        long version = _watch.View.Version;
        if (version == _balancedVersion && _clock.GetElapsedTime(_balancedAt) < BalanceAllEvery)
        {
            return;
        }

        _movesNow = version == _movesVersion ? Math.Min(4 * _movesNow, MovesMax) : 1;
        _movesVersion = version;
        int moves = 0;
        if (Rooms.Loops.Any(l => BetterPlace(l.Id) is not null))
        {
            await _watch.LookAsync(cancellation);
            moves = MoveSome();
        }

        // Looked over whole; until the view changes only rooms that came by an old view could be out of place.
        _balancedVersion = moves < _movesNow ? version : 0;
        _balancedAt = _clock.GetTimestamp();
    }

    int MoveSome()
    {
        int moves = 0;
        foreach (var loop in Rooms.Loops)
        {
            if (moves < _movesNow && BetterPlace(loop.Id) is { } owner && _watch.IsLively(owner))
            {
                loop.MoveTo(owner);
                moves++;
            }
        }

        return moves;
    }

    string? BetterPlace(RoomId room) => _watch.View.Ring.OwnerOf(room) is { } owner && owner != _leases.Node.Name ? owner : null;
}
