using System.Buffers;
using System.Net.WebSockets;

using EdgeRooms.Diagnostics;
using EdgeRooms.Protocol;
using EdgeRooms.Sessions;

using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace EdgeRooms.AspNetCore.WebSockets;

/// <summary>
/// Runs an accepted WebSocket: a receive loop and the connection's pump, on the request's task. Ends when both have, at most a few seconds after
/// either side closed. Bounded: a message by <see cref="LimitOptions.FrameBytes"/>, its empty fragments by 64.
/// </summary>
static class WebSocketSession
{
    const int BufferBytes = 4096;
    const int EmptyFragmentsMax = 64;
    static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(WebSocket socket, WebSocketTransport transport, Connection connection)
    {
        connection.Open();
        var pump = connection.Outbound.PumpAsync();
        var receive = ReceiveAsync(socket, connection);
        bool normally = false;
        try
        {
            await Task.WhenAny(pump, receive);
            if (!receive.IsCompleted)
            {
                // This side closed, or its sends failed: the peer gets a moment to answer the close.
                await Task.WhenAny(receive, Task.Delay(pump.IsFaulted ? TimeSpan.Zero : CloseWithin));
            }

            normally = receive.IsCompletedSuccessfully && await receive;
        }
        finally
        {
            connection.OnClosed(normally);
            await Task.WhenAny(pump, Task.Delay(CloseWithin));
            if (!pump.IsCompletedSuccessfully || !receive.IsCompletedSuccessfully)
            {
                transport.Abort(); // not after a whole close handshake: a reset may overtake the close frame, and the client loses its code
            }

            await Swallow(pump, connection);
            await Swallow(receive, connection);
            int code = connection.Outbound.Closing?.Code ?? (int?)socket.CloseStatus ?? 0;
            connection.Services.Logger.ConnectionClosed(connection.Id, code, connection.Outbound.Closing?.Reason ?? "");
        }
    }

    /// <summary>Reads until the socket closes; true where the client closed with 1000.</summary>
    static async Task<bool> ReceiveAsync(WebSocket socket, Connection connection)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        int max = connection.Services.Limits.FrameBytes;
        try
        {
            while (true)
            {
                int length = 0, empty = 0;
                ValueWebSocketReceiveResult result;
                do
                {
                    if (length == buffer.Length)
                    {
                        Grow(ref buffer, length);
                    }

                    result = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                    length += result.Count;
                    empty = result.Count == 0 ? empty + 1 : empty;
                    if (length > max || empty > EmptyFragmentsMax)
                    {
                        connection.OnTooLarge();
                        return await DrainAsync(socket, buffer);
                    }
                }
                while (!result.EndOfMessage);

                if (result.MessageType == WebSocketMessageType.Close)
                {
                    return socket.CloseStatus == WebSocketCloseStatus.NormalClosure;
                }

                if (result.MessageType == WebSocketMessageType.Binary)
                {
                    connection.OnBinary();
                }
                else
                {
                    await connection.OnMessageAsync(buffer.AsMemory(0, length));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>After a message that is too big: what comes is read and forgotten until the client answers the close.</summary>
    static async Task<bool> DrainAsync(WebSocket socket, byte[] buffer)
    {
        while ((await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
        {
        }

        return false;
    }

    static void Grow(ref byte[] buffer, int length)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    /// <summary>A socket that breaks is every day's; anything else is a defect and must be seen.</summary>
    static async Task Swallow(Task task, Connection connection)
    {
        try
        {
            await task;
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ConnectionAbortedException or ObjectDisposedException)
        {
        }
        catch (Exception e)
        {
            connection.Services.Logger.ConnectionDefect(e, connection.Id);
        }
    }
}
