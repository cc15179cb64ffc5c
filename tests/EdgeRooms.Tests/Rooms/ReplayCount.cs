using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace EdgeRooms.Tests.Rooms;

/// <summary>Listens to one process's <c>edgerooms.replays</c>.</summary>
sealed class ReplayCount : IDisposable
{
    readonly ConcurrentDictionary<string, long> _bySource = new();
    readonly MeterListener _listener = new();

    public ReplayCount(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "edgerooms.replays" && instrument.Meter.Scope == factory)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
            _bySource.AddOrUpdate((string)tags[0].Value!, count, (_, before) => before + count)); // its one tag
        _listener.Start();
    }

    public long Tail => _bySource.GetValueOrDefault("tail");

    public long Router => _bySource.GetValueOrDefault("router");

    public long Log => _bySource.GetValueOrDefault("log");

    public void Dispose() => _listener.Dispose();
}
