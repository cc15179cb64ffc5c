using System.Net;

using EdgeRooms.Cluster.Links;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeRooms.Cluster;

/// <summary>
/// A whole process on an in-memory store, linked over loopback with the others of that store: a rehearsal's, and the tests'. Its port is open from the
/// start; its owner starts and stops <see cref="Cluster"/>, then disposes it.
/// </summary>
sealed class InMemoryProcess : IAsyncDisposable
{
    public InMemoryProcess(
        InMemoryStore store, string name, ProcessRole role, EdgeRoomsOptions options, RoomKind[] kinds, ILogger<ClusterProcess> logger)
    {
        Port = new LinkListener(new IPEndPoint(IPAddress.Loopback, 0), logger);
        var address = new NodeAddress(name, $"127.0.0.1:{Port.Port}", role);
        var secret = new LinkSecret(null, store.Secrets);
        Leases = new InMemoryLeases(store, address);
        Log = new InMemoryEventLog(store, Leases);
        Signals = new InMemorySignals(store);
        Cluster = new ClusterProcess(
            new KindRegistry(kinds), Log, Leases, Signals, new InMemoryOrders(store), Revocations, store.Secrets,
            new RevocableTokens(Host, Revocations), new TcpLinkDialer(address, secret), Port,
            secret, address, Options.Create(options), TimeProvider.System, new Meters(Host), Host, Host, logger);
    }

    public InMemoryHost Host { get; } = new();

    public Revocations Revocations { get; } = new(TimeProvider.System);

    public InMemoryLeases Leases { get; }

    public InMemoryEventLog Log { get; }

    public InMemorySignals Signals { get; }

    public LinkListener Port { get; }

    public ClusterProcess Cluster { get; }

    public async ValueTask DisposeAsync()
    {
        await Port.CutAsync();
        Cluster.Dispose();
        Host.Dispose();
    }
}
