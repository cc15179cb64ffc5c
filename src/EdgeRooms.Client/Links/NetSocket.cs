using System.Buffers;
using System.Net.WebSockets;
using System.Threading.Channels;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Links;

/// <summary>
/// A WebSocket of the system. Made by a link, runs on the thread pool: one task connects and reads, one writes. It ends when the server closes it, when it
/// fails, or by <see cref="Close"/>; <see cref="Ended"/> tells. It promises its owner one OnClosed, also where it never opened.
/// </summary>
sealed class NetSocket : ISocket
{
    const int FramesMax = 4_096;
    const int FramesCongested = 512;
    const int MessageBytesMax = 32 * 1024 * 1024;
    static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(1);

    readonly ClientWebSocket _socket = new();

    /// <summary>Cancelled a second after the end began, so that a dead peer holds nothing up.</summary>
    readonly CancellationTokenSource _end = new();

    readonly ISocketOwner _owner;
    readonly ILogger _logger;

    /// <summary>Written by whoever has the client's turn, read by the writing task. Full: the frame is refused, and the link gives the connection up.</summary>
    readonly Channel<ReadOnlyMemory<byte>> _outgoing = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(FramesMax) { SingleReader = true, AllowSynchronousContinuations = false });

    volatile bool _isOpen;
    int _closeCode;

    public NetSocket(Uri url, ISocketOwner owner, Action<ClientWebSocketOptions>? configure, ILogger logger)
    {
        _owner = owner;
        _logger = logger;
        _socket.Options.AddSubProtocol("edgerooms.v1");
        _socket.Options.KeepAliveInterval = TimeSpan.Zero; // silence is the link's to judge, and the server pings
        configure?.Invoke(_socket.Options);
        Ended = Task.Run(() => RunAsync(url)); // a name lookup may block, and the caller has the gate
    }

    public Task Ended { get; }

    public bool IsCongested => _outgoing.Reader.Count > FramesCongested;

    public bool TrySend(ReadOnlyMemory<byte> frame) => _isOpen && _outgoing.Writer.TryWrite(frame);

    public void Close(int code)
    {
        var patience = _isOpen ? CloseWithin : TimeSpan.FromMilliseconds(1);
        _closeCode = code;
        _isOpen = false;
        _outgoing.Writer.TryComplete();
        _end.CancelAfter(patience);
    }

    async Task RunAsync(Uri url)
    {
        int code = (int)WebSocketCloseStatus.Empty;
        string reason = "";
        Task writing = Task.CompletedTask;
        try
        {
            await _socket.ConnectAsync(url, _end.Token).ConfigureAwait(false);
            _isOpen = _closeCode == 0;
            writing = WriteAsync();
            _owner.OnOpen();
            await ReadAsync().ConfigureAwait(false);
            code = (int?)_socket.CloseStatus ?? code;
            reason = _socket.CloseStatusDescription ?? "";
        }
        catch (Exception e) // a pump: whatever ended it, the link makes a new one
        {
            _logger.NotConnected(e);
        }

        _isOpen = false;
        _outgoing.Writer.TryComplete();
        _end.CancelAfter(CloseWithin);
        _owner.OnClosed(code, reason);
        await writing.ConfigureAwait(false);
        _socket.Dispose();
        _end.Dispose();
    }

    async Task ReadAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.GetMemory(8 * 1024), _end.Token).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            buffer.Advance(part.Count);
            if (buffer.WrittenCount > MessageBytesMax)
            {
                throw new InvalidDataException($"A message has over {MessageBytesMax} bytes.");
            }

            if (part.EndOfMessage)
            {
                _owner.OnMessage(buffer.WrittenSpan);
                buffer.ResetWrittenCount();
            }
        }
    }

    /// <summary>What was sent goes before the close. A failure here is one of the reading, too, which tells it.</summary>
    async Task WriteAsync()
    {
        try
        {
            await foreach (var frame in _outgoing.Reader.ReadAllAsync(_end.Token).ConfigureAwait(false))
            {
                await _socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, _end.Token).ConfigureAwait(false);
            }

            int code = _closeCode == 0 ? (int)WebSocketCloseStatus.NormalClosure : _closeCode;
            await _socket.CloseOutputAsync((WebSocketCloseStatus)code, null, _end.Token).ConfigureAwait(false);
        }
        catch (Exception e) // a pump
        {
            _logger.NotConnected(e);
            _socket.Abort();
        }
    }
}
