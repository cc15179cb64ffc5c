using System.Net.Sockets;
using System.Net.WebSockets;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// A link's stream: the framework's WebSocket framing over TCP, for its message boundaries and its keep-alive (a peer that answers no ping for
/// <see cref="KeepAliveTimeout"/> is gone, also one that is only stopped). One stream between two processes needs no multiplexing transport: our
/// messages carry their room, TCP's window is the flow control, and HTTP/2 would frame and account for every batch a second time.
/// </summary>
sealed class TcpLinkStream : ILinkStream
{
    static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(1);
    static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(2);
    const int MessageBytesMax = 512 * 1024 * 1024;

    readonly Socket _socket;
    readonly WebSocket _frames;
    byte[] _buffer = new byte[64 * 1024];

    public TcpLinkStream(Socket socket, Stream stream, bool isListener)
    {
        _socket = socket;
        _frames = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions
        {
            IsServer = isListener,
            KeepAliveInterval = KeepAliveInterval,
            KeepAliveTimeout = KeepAliveTimeout,
        });
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> message) =>
        _frames.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        int length = 0;
        while (true)
        {
            var received = await _frames.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            length += received.Count;
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            if (received.EndOfMessage)
            {
                return _buffer.AsSpan(0, length).ToArray();
            }

            if (length == _buffer.Length)
            {
                if (length >= MessageBytesMax)
                {
                    throw new InvalidDataException($"A link message has at most {MessageBytesMax} bytes.");
                }

                Array.Resize(ref _buffer, length * 2);
            }
        }
    }

    public Task CloseAsync() => _frames.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);

    public void Abort()
    {
        _frames.Abort();
        _socket.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        _frames.Dispose();
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
