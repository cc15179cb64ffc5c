using System.Threading.Channels;

using EdgeRooms.Diagnostics;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Events;

/// <summary>
/// One lane to the database: takes whatever all its rooms have queued and appends it in one statement, one batch in flight.
/// Called by room loops from any thread (<see cref="EnqueueAsync"/>); a loop of its own does the rest and ends with <see cref="StopAsync"/>.
/// Bounded by the queue's length and by a batch's rooms, events and bytes; a full queue makes room loops wait.
/// A batch in doubt fails its rooms' activations, and they are told only when a new writer has raised the fence (HARD-CASES 1, 4).
/// </summary>
sealed class EventWriter
{
    /// <summary>Events of one room in one batch, so that no room fills it (HARD-CASES 25).</summary>
    public const int RoomEventsMax = 64;

    static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    readonly IEventLog _log;
    readonly int _lane;
    readonly EngineOptions _options;
    readonly TimeProvider _clock;
    readonly Meters _meters;
    readonly ILogger _logger;
    readonly Func<Task> _nodeFenced;
    readonly Channel<AppendGroup> _queue;
    readonly CancellationTokenSource _stopping = new();
    IEventLogWriter? _writer;
    Task? _loop;

    public EventWriter(
        IEventLog log, int lane, EngineOptions options, TimeProvider clock, Meters meters, ILogger logger, Func<Task> nodeFenced)
    {
        _log = log;
        _lane = lane;
        _options = options;
        _clock = clock;
        _meters = meters;
        _logger = logger;
        _nodeFenced = nodeFenced;

        // Written by room loops, read by this loop; full: the room loop waits.
        _queue = Channel.CreateBounded<AppendGroup>(new BoundedChannelOptions(options.WriterQueue) { SingleReader = true });
    }

    /// <summary>Opens the lane and starts its loop. Throws where the database is away or the node fenced.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _writer = await _log.OpenWriterAsync(_lane, cancellation);
        _loop = Task.Run(RunAsync, CancellationToken.None);
    }

    public ValueTask EnqueueAsync(AppendGroup group) =>
        _queue.Writer.TryWrite(group) ? ValueTask.CompletedTask : _queue.Writer.WriteAsync(group);

    /// <summary>Ends after what is queued is decided; what the database does not take until <paramref name="deadline"/> fails as not stored.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        _queue.Writer.TryComplete();
        await using var registration = deadline.Register(_stopping.Cancel);
        if (_loop is not null)
        {
            await _loop;
        }

        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }
    }

    async Task RunAsync()
    {
        var rooms = new Dictionary<Activation, RoomAppend>();
        var done = new Decisions();
        while (true)
        {
            var batch = Take(rooms);
            if (batch.Count == 0)
            {
                done.Tell();
                done = new Decisions();
                if (!await _queue.Reader.WaitToReadAsync())
                {
                    return;
                }

                continue;
            }

            // The database works on this batch while the rooms of the last one send what they held.
            var decisions = new Decisions();
            var append = AppendAsync(batch, decisions);
            done.Tell();
            await append;
            done = decisions;
        }
    }

    List<RoomAppend> Take(Dictionary<Activation, RoomAppend> rooms)
    {
        rooms.Clear();
        var batch = new List<RoomAppend>();
        int bytes = 0;
        while (bytes < _options.BatchBytes && _queue.Reader.TryPeek(out var group))
        {
            if (!group.Activation.Failed)
            {
                if (!rooms.TryGetValue(group.Activation, out var room))
                {
                    if (batch.Count == _options.BatchRooms)
                    {
                        break;
                    }

                    room = new RoomAppend(group.Activation, group.ExpectedVersion);
                    rooms.Add(group.Activation, room);
                    batch.Add(room);
                }
                else if (room.EventCount + group.Events.Count > RoomEventsMax)
                {
                    break;
                }

                room.Add(group);
                bytes += group.Bytes;
            }

            _queue.Reader.TryRead(out _);
        }

        return batch;
    }

    /// <summary>Appends until each room's part is decided. Decisions of one room come in its order.</summary>
    async Task AppendAsync(List<RoomAppend> batch, Decisions decisions)
    {
        var pause = PauseMin;
        while (true)
        {
            batch.RemoveAll(r => r.Activation.Failed);
            if (batch.Count == 0)
            {
                return;
            }

            long started = _clock.GetTimestamp();
            try
            {
                var conflicts = await _writer!.AppendAsync(batch);
                _meters.Committed(batch, _clock.GetElapsedTime(started));
                decisions.Add(batch, conflicts);
                return;
            }
            catch (NodeFencedException)
            {
                decisions.AddAll(batch, AppendOutcome.Fenced);
                await _nodeFenced();
                await ReopenAsync();
                return;
            }
            catch (AppendRolledBackException e) when (e.IsData)
            {
                _logger.AppendRefused(e, batch.Count);
                await SplitAsync(batch, decisions);
                return;
            }
            catch (AppendRolledBackException e) when (!_stopping.IsCancellationRequested)
            {
                // Certainly not stored, so the same batch may go again; the rooms wait, their clients are told by the router's own timer.
                _logger.AppendRolledBack(e, batch.Count);
                await PauseAsync(pause);
                pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
                await ReopenAsync();
            }
            catch (AppendRolledBackException)
            {
                decisions.AddAll(batch, AppendOutcome.NotStored);
                return;
            }
            catch (Exception e)
            {
                _logger.AppendInDoubt(e, batch.Count);
                decisions.AddAll(batch, AppendOutcome.Unknown);
                await ReopenAsync();
                return;
            }
        }
    }

    /// <summary>Halves a refused batch down to the guilty group; its neighbours commit (HARD-CASES 2).</summary>
    async Task SplitAsync(List<RoomAppend> batch, Decisions decisions)
    {
        if (batch.Count > 1)
        {
            int half = batch.Count / 2;
            await AppendAsync(batch[..half], decisions);
            await AppendAsync(batch[half..], decisions);
            return;
        }

        var room = batch[0];
        if (room.Groups.Count == 1)
        {
            decisions.AddAll(batch, AppendOutcome.Refused);
            return;
        }

        int middle = room.Groups.Count / 2;
        await AppendAsync([PartOf(room, ..middle)], decisions);
        await AppendAsync([PartOf(room, middle..)], decisions);
    }

    static RoomAppend PartOf(RoomAppend room, Range range)
    {
        var groups = room.Groups[range];
        var part = new RoomAppend(room.Activation, groups[0].ExpectedVersion);
        groups.ForEach(part.Add);
        return part;
    }

    async Task ReopenAsync()
    {
        var pause = PauseMin;
        while (true)
        {
            try
            {
                if (_writer is { } old)
                {
                    _writer = null;
                    await old.DisposeAsync();
                }

                _writer = await _log.OpenWriterAsync(_lane, _stopping.Token);
                return;
            }
            catch (NodeFencedException)
            {
                await _nodeFenced();
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                // At the end of an orderly stop without a database: what is queued is not stored, and the rooms may be told.
                _writer = new ClosedWriter();
                return;
            }
            catch (Exception e)
            {
                _logger.WriterAway(e, _lane);
                await PauseAsync(pause);
                pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
            }
        }
    }

    async Task PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, _clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    sealed class ClosedWriter : IEventLogWriter
    {
        public Task<IReadOnlyList<AppendConflict>> AppendAsync(IReadOnlyList<RoomAppend> batch) =>
            throw new AppendRolledBackException("The node has stopped.", isData: false);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
