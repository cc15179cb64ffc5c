using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A plain WebSocket that speaks only what PROTOCOL.md says. Every wait ends after ten seconds.</summary>
sealed class WireClient : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly ClientWebSocket _socket = new();
    readonly byte[] _buffer = new byte[256 * 1024];

    public List<JsonElement> Seen { get; } = [];

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    public static async Task<WireClient> OpenAsync(RunningServer server, string path, string? token, Action<ClientWebSocketOptions>? options = null)
    {
        var client = new WireClient();
        options?.Invoke(client._socket.Options);
        string separator = path.Contains('?') ? "&" : "?";
        string query = token is null ? "" : $"{separator}token={token}";
        using var limit = new CancellationTokenSource(Patience);
        await client._socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}{path}{query}"), limit.Token);
        return client;
    }

    public async Task SendAsync(string text, WebSocketMessageType type = WebSocketMessageType.Text)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), type, true, limit.Token);
    }

    /// <summary>The next frame of this type; what comes before it is kept in <see cref="Seen"/>.</summary>
    public async Task<JsonElement> NextAsync(string type)
    {
        while (true)
        {
            var frame = await NextAsync() ?? throw new InvalidOperationException($"Closed with {CloseStatus} {CloseReason} before a '{type}' came.");
            if (frame.GetProperty("type").GetString() == type)
            {
                return frame;
            }
        }
    }

    /// <summary>The next frame; null where the server closed.</summary>
    public async Task<JsonElement?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        int length = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await _socket.ReceiveAsync(_buffer.AsMemory(length), limit.Token);
            length += result.Count;
        }
        while (!result.EndOfMessage);
        if (result.MessageType == WebSocketMessageType.Close)
        {
            return null;
        }

        var frame = JsonElement.Parse(_buffer.AsSpan(0, length));
        Seen.Add(frame);
        return frame;
    }

    /// <summary>Reads until the server closes; its code.</summary>
    public async Task<int> ClosedAsync()
    {
        while (await NextAsync() is not null)
        {
        }

        return (int)CloseStatus!;
    }

    public async Task CloseAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", limit.Token);
    }

    public void Drop() => _socket.Abort();

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
