using System.Net.WebSockets;

using EdgeRooms.Sessions;

using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.WebSockets;

/// <summary>A WebSocket as a connection's socket.</summary>
sealed class WebSocketTransport(WebSocket socket, UpgradedStream stream, HttpContext context, bool takesBatches) : IConnectionTransport
{
    public bool TakesBatches => takesBatches;

    public ValueTask SendAsync(ReadOnlyMemory<byte> message) =>
        socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public ValueTask PingAsync() => stream.PingAsync();

    public async ValueTask CloseAsync(int code, string reason)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);
        }
    }

    public void Abort() => context.Abort();
}
