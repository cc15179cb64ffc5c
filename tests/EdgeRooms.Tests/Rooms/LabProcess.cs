using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

namespace EdgeRooms.Tests.Rooms;

/// <summary>A whole process on an in-memory store, linked with others of that store over real sockets.</summary>
sealed class LabProcess : IAsyncDisposable
{
    readonly InMemoryProcess _process;
    readonly InMemoryStore _store;
    bool _isGone;

    LabProcess(InMemoryStore store, InMemoryProcess process)
    {
        _store = store;
        _process = process;
        Replays = new ReplayCount(process.Host);
    }

    /// <summary>Resumes and catch-ups so far, by source.</summary>
    public ReplayCount Replays { get; }

    public Revocations Revocations => _process.Revocations;

    public InMemoryLeases Leases => _process.Leases;

    public InMemoryEventLog Log => _process.Log;

    public InMemorySignals Signals => _process.Signals;

    public ClusterProcess Process => _process.Cluster;

    public static async Task<LabProcess> StartAsync(
        InMemoryStore store,
        string name,
        ProcessRole role = ProcessRole.All,
        EdgeRoomsOptions? options = null,
        RoomKind[]? kinds = null)
    {
        var process = new LabProcess(store, new InMemoryProcess(
            store,
            name,
            role,
            options ?? Unlimited(),
            kinds is { Length: > 0 } ? kinds : [RoomKind.Of<Tally>("tally", new RoomKindOptions()), RoomKind.Of<Guests>("guests", new RoomKindOptions())],
            new LabLog(name)));
        await process.Process.StartAsync(CancellationToken.None);
        return process;
    }

    /// <summary>Options under which no test meets the rate.</summary>
    public static EdgeRoomsOptions Unlimited()
    {
        var options = new EdgeRoomsOptions();
        options.Limits.CommandsPerSecond = options.Limits.CommandBurst = 1_000_000;
        return options;
    }

    /// <summary>A client that is in the room.</summary>
    public async Task<LabClient> JoinAsync(string user, string room = "tally/a")
    {
        var client = Open(user, room);
        await client.NextAsync("joined");
        return client;
    }

    /// <summary>A client on its way into the room; <paramref name="session"/>: as who it comes back.</summary>
    public LabClient Open(string user, string room, string? session = null, long? since = null, string? tokenId = null)
    {
        var client = new LabClient();
        var rights = new RoomRights(new Dictionary<string, Right> { ["*"] = Right.Join | Right.Send | Right.History | Right.Ephemeral });
        client.Connection = new Connection(Process.Router, client, new ConnectionOpening(
            new Principal(user, null, DateTimeOffset.MaxValue, rights, tokenId), true, session, RoomId.Parse(room), since));
        client.Connection.Open();
        client.Pump = client.Connection.Outbound.PumpAsync();
        return client;
    }

    public async Task<IReadOnlyList<StoredEvent>> EventsAsync(string room = "tally/a") =>
        (await Log.ReadAsync(RoomId.Parse(room), 0, 0, 100_000, CancellationToken.None)).Events;

    /// <summary>As kill -9 looks from outside: no session is left, the link port refuses, every link breaks.</summary>
    public async Task KillAsync()
    {
        _isGone = true;
        _store.Kill(Leases.Node.Name);
        Leases.IsAway = true;
        await _process.Port.CutAsync();

        // What is left of it may still try to append, as a batch in flight would, and fails at the fence.
        _ = Process.StopAsync(new CancellationToken(canceled: true)).ContinueWith(static t => t.Exception, TaskScheduler.Default);
    }

    /// <summary>An orderly stop: rooms are handed over.</summary>
    public async Task StopAsync()
    {
        _isGone = true;
        await Process.StopAsync(CancellationToken.None);
        await _process.Port.CloseAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isGone)
        {
            await StopAsync();
        }

        Replays.Dispose();
    }
}
