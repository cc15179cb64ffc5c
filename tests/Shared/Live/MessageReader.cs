using System.Net.WebSockets;

namespace EdgeRooms.Tests.Live;

/// <summary>Whole messages of one WebSocket, whatever their fragments. Read by one loop; what is handed out stands until the next read.</summary>
sealed class MessageReader(WebSocket socket)
{
    byte[] _buffer = new byte[64 * 1024];

    /// <summary>The next message; null where the other side closes.</summary>
    public async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellation)
    {
        int length = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, length * 2);
            }

            result = await socket.ReceiveAsync(_buffer.AsMemory(length), cancellation);
            length += result.Count;
        }
        while (!result.EndOfMessage);
        if (result.MessageType == WebSocketMessageType.Close)
        {
            return null; // not in a conditional, where null would become an empty memory
        }

        return _buffer.AsMemory(0, length);
    }
}
