using System.Net;
using System.Net.Sockets;

using EdgeRooms.Cluster;

namespace EdgeRooms.AspNetCore.Cluster;

/// <summary>
/// Holds the node link's port for the life of the process: it is part of the node's default name, and that it refuses is how others see at once that
/// this process is gone (HARD-CASES 18). Nobody speaks on it yet; who connects is closed.
/// </summary>
sealed class LinkPort : IDisposable
{
    readonly TcpListener _listener;

    public LinkPort(EdgeRoomsHostOptions options, EdgeRoomsOptions rooms)
    {
        var listen = options.Cluster.Listen is { Length: > 0 } url ? new Uri(url) : new Uri("http://127.0.0.1:0");
        _listener = new TcpListener(IPAddress.Parse(listen.Host.Trim('[', ']')), listen.IsDefaultPort && options.Cluster.Listen is null ? 0 : listen.Port);
        _listener.Start();
        int port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        var advertised = options.Cluster.Advertise is { Length: > 0 } other ? new Uri(other).Authority : $"{listen.Host}:{port}";
        string role = options.Role.ToString().ToLowerInvariant();
        Address = new NodeAddress(rooms.NodeName is { Length: > 0 } name ? name : $"{Environment.MachineName}-{role}-{port}", advertised);
        _ = AcceptAsync(); // ends with the listener
    }

    public NodeAddress Address { get; }

    public void Dispose() => _listener.Dispose();

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                (await _listener.AcceptSocketAsync()).Dispose();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }
}
