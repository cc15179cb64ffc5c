using System.Net;
using System.Net.Sockets;

using EdgeRooms.Diagnostics;
using EdgeRooms.Rooms;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// Holds the link's port for the life of the process: it is part of the node's default name, and that it refuses is how others see at once that
/// this process is gone (HARD-CASES 18). Routers' links are let in once the node serves; before, and from whom has not proved itself, connections are
/// closed. A loop of its own accepts; each link runs on a task that is awaited at the stop, which its owner calls (a container that shares it would
/// dispose of it too soon). Bounded: handshakes under way by a maximum.
/// </summary>
sealed class LinkListener
{
    const int HandshakesMax = 64;
    static readonly TimeSpan HandshakeWithin = TimeSpan.FromSeconds(2);
    static readonly TimeSpan CloseWithin = TimeSpan.FromMilliseconds(500);

    readonly TcpListener _listener;
    readonly SemaphoreSlim _handshakes = new(HandshakesMax);
    readonly HashSet<Task> _links = [];
    readonly HashSet<RemoteRouter> _routers = [];
    readonly Lock _lock = new();
    readonly ILogger _logger;
    readonly Task _accepting;
    volatile Served? _served;
    volatile bool _stopped;

    public LinkListener(IPEndPoint endpoint, ILogger logger)
    {
        _logger = logger;
        _listener = new TcpListener(endpoint);
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>From now on routers may link with these rooms.</summary>
    public void Serve(RoomDirectory rooms, ILeases leases, LinkSecret secret, int linkBytes) => _served = new Served(rooms, leases, secret, linkBytes);

    /// <summary>An end in order: no link is let in any more, and the routers hear a goodbye.</summary>
    public async Task CloseAsync()
    {
        _stopped = true;
        _listener.Dispose();
        await Task.WhenAny(EndAsync(r => r.Close()), Task.Delay(CloseWithin));
        await CutAsync();
    }

    /// <summary>Cuts every link.</summary>
    public async Task CutAsync()
    {
        _stopped = true;
        _listener.Dispose();
        await EndAsync(r => r.Abort());
        await _accepting;
        _handshakes.Dispose();
    }

    Task EndAsync(Action<RemoteRouter> end)
    {
        lock (_lock)
        {
            foreach (var router in _routers)
            {
                end(router);
            }

            return Task.WhenAll(_links);
        }
    }

    async Task AcceptAsync()
    {
        while (!_stopped)
        {
            try
            {
                await _handshakes.WaitAsync();
                var socket = await _listener.AcceptSocketAsync();
                Track(ServeAsync(socket));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                _handshakes.Release();
            }
        }
    }

    void Track(Task link)
    {
        lock (_lock)
        {
            _links.Add(link);
        }

        _ = link.ContinueWith(
            ended =>
            {
                lock (_lock)
                {
                    _links.Remove(ended);
                }
            },
            TaskScheduler.Default);
    }

    /// <summary>One link from its handshake to its end; never throws.</summary>
    async Task ServeAsync(Socket socket)
    {
        RemoteRouter? router = null;
        try
        {
            router = await ShakeHandsAsync(socket);
        }
        catch (Exception e)
        {
            // Probes of other nodes connect and say nothing; who says the wrong thing is worth a line.
            (e is LinkRefusedException ? (Action<Exception>)_logger.LinkRefused : _logger.LinkNotMade)(e);
        }
        finally
        {
            _handshakes.Release();
        }

        if (router is null)
        {
            socket.Dispose();
            return;
        }

        lock (_lock)
        {
            _routers.Add(router);
        }

        if (_stopped)
        {
            router.Abort();
        }

        await router.RunAsync();
        lock (_lock)
        {
            _routers.Remove(router);
        }
    }

    async Task<RemoteRouter?> ShakeHandsAsync(Socket socket)
    {
        if (_served is not { } served)
        {
            return null;
        }

        using var limit = new CancellationTokenSource(HandshakeWithin);
        socket.NoDelay = true;
        var stream = new NetworkStream(socket, ownsSocket: true);
        var node = served.Leases.Node;
        string peer = await LinkHandshake.AcceptAsync(stream, await served.Secret.ReadAsync(limit.Token), node.Name, node.Boot, limit.Token);
        return new RemoteRouter(new TcpLinkStream(socket, stream, isListener: true), peer, served.Rooms, served.LinkBytes, _logger);
    }

    sealed record Served(RoomDirectory Rooms, ILeases Leases, LinkSecret Secret, int LinkBytes);
}
