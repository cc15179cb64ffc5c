using System.Net.Sockets;

namespace EdgeRooms.Cluster.Links;

/// <summary>Opens link streams over TCP. Any thread.</summary>
sealed class TcpLinkDialer(NodeAddress self, LinkSecret secret) : ILinkDialer
{
    static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    public async Task<ILinkStream> DialAsync(ClusterMember node, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Within);
        int colon = node.Address.LastIndexOf(':');
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(node.Address[..colon].Trim('[', ']'), int.Parse(node.Address.AsSpan(colon + 1)), limit.Token);
            var stream = new NetworkStream(socket, ownsSocket: true);
            await LinkHandshake.DialAsync(stream, await secret.ReadAsync(limit.Token), self.Name, node.Name, node.Boot, limit.Token);
            return new TcpLinkStream(socket, stream, isListener: false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
