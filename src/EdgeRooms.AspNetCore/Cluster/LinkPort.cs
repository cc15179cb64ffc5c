using System.Net;

using EdgeRooms.Cluster;
using EdgeRooms.Cluster.Links;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.AspNetCore.Cluster;

/// <summary>The link's port as the settings say, and the process's name and address that follow from it.</summary>
sealed class LinkPort : IAsyncDisposable
{
    public LinkPort(EdgeRoomsHostOptions options, EdgeRoomsOptions rooms, ILogger<LinkListener> logger)
    {
        var listen = options.Cluster.Listen is { Length: > 0 } url ? new Uri(url) : new Uri("http://127.0.0.1:0");
        Listener = new LinkListener(new IPEndPoint(IPAddress.Parse(listen.Host.Trim('[', ']')), options.Cluster.Listen is null ? 0 : listen.Port), logger);
        string advertised = options.Cluster.Advertise is { Length: > 0 } other ? new Uri(other).Authority : $"{listen.Host}:{Listener.Port}";
        string role = options.Role.ToString().ToLowerInvariant();
        string name = rooms.NodeName is { Length: > 0 } given ? given : $"{Environment.MachineName}-{role}-{Listener.Port}";
        Address = new NodeAddress(name, advertised, options.Role, options.Cluster.Weight);
    }

    public LinkListener Listener { get; }

    public NodeAddress Address { get; }

    public async ValueTask DisposeAsync() => await Listener.CloseAsync();
}
