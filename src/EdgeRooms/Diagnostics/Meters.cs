using System.Diagnostics;
using System.Diagnostics.Metrics;

using EdgeRooms.Events;

namespace EdgeRooms.Diagnostics;

/// <summary>The process's instruments, meter <c>EdgeRooms</c>. Called from any thread; never with a room, user or token in a tag.</summary>
sealed class Meters
{
    public const string Name = "EdgeRooms";

    readonly UpDownCounter<int> _connections;
    readonly UpDownCounter<int> _rooms;
    readonly UpDownCounter<int> _parked;
    readonly Counter<long> _commands;
    readonly Counter<long> _events;
    readonly Counter<long> _errors;
    readonly Counter<long> _closes;
    readonly Counter<long> _replays;
    readonly Counter<long> _drops;
    readonly Counter<long> _alarmFailures;
    readonly Histogram<double> _commit;
    readonly Histogram<int> _batch;

    public Meters(IMeterFactory factory)
    {
        var meter = factory.Create(Name);
        _connections = meter.CreateUpDownCounter<int>("edgerooms.connections", "{connection}", "Open connections (WebSocket and SSE).");
        _rooms = meter.CreateUpDownCounter<int>("edgerooms.rooms", "{room}", "Rooms in memory.");
        _parked = meter.CreateUpDownCounter<int>("edgerooms.rooms.parked", "{room}", "Rooms that cannot load; they try again with growing pauses.");
        _commands = meter.CreateCounter<long>("edgerooms.commands", "{command}", "Commands that a room judged, repeats included.");
        _events = meter.CreateCounter<long>("edgerooms.events", "{event}", "Events committed.");
        _errors = meter.CreateCounter<long>("edgerooms.errors", "{error}", "Error frames and problem responses, by code.");
        _closes = meter.CreateCounter<long>("edgerooms.closes", "{close}", "WebSockets that this side closed, by close code; 1000 is not counted.");
        _replays = meter.CreateCounter<long>("edgerooms.replays", "{replay}", "Resumes and catch-ups by source: tail (room's memory), router (its memory) or log (Postgres).");
        _drops = meter.CreateCounter<long>("edgerooms.rooms.dropped", "{room}", "Rooms whose memory was dropped and loaded again, by reason.");
        _alarmFailures = meter.CreateCounter<long>("edgerooms.alarms.failed", "{alarm}", "Alarm handlers that threw.");
        _commit = meter.CreateHistogram<double>("edgerooms.commit.duration", "s", "Time of one append statement.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5] });
        _batch = meter.CreateHistogram<int>("edgerooms.commit.rooms", "{room}", "Rooms in one append.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });
    }

    public void Connection(int change) => _connections.Add(change);

    public void Room(int change) => _rooms.Add(change);

    public void Parked(int change) => _parked.Add(change);

    public void Command() => _commands.Add(1);

    public void Error(string code) => _errors.Add(1, new KeyValuePair<string, object?>("code", code));

    public void Closed(int code) => _closes.Add(1, new KeyValuePair<string, object?>("code", code));

    public void Replay(ReplaySource source) =>
        _replays.Add(1, new KeyValuePair<string, object?>("source", source.ToString().ToLowerInvariant()));

    public void Dropped(AppendOutcome outcome) =>
        _drops.Add(1, new KeyValuePair<string, object?>("reason", outcome.ToString()));

    public void AlarmFailed() => _alarmFailures.Add(1);

    public void Committed(IReadOnlyList<RoomAppend> batch, TimeSpan duration)
    {
        long events = 0;
        foreach (var room in batch)
        {
            events += room.EventCount;
        }

        _events.Add(events);
        _commit.Record(duration.TotalSeconds);
        _batch.Record(batch.Count);
    }
}

/// <summary>Where the events of a resume or a catch-up came from.</summary>
enum ReplaySource
{
    /// <summary>The room's memory.</summary>
    Tail,

    /// <summary>The router's memory.</summary>
    Router,

    /// <summary>Postgres.</summary>
    Log,
}
