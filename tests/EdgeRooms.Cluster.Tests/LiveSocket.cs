using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>A plain WebSocket to one process. Every wait ends after fifteen seconds.</summary>
sealed class LiveSocket : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    readonly ClientWebSocket _socket = new();
    readonly byte[] _buffer = new byte[256 * 1024];

    public int? CloseCode => (int?)_socket.CloseStatus;

    /// <summary>As the welcome named it.</summary>
    public string Session => Seen.First(f => f.GetProperty("type").GetString() == "welcome").GetProperty("session").GetString()!; // PROTOCOL.md: a string

    /// <summary>Every frame so far.</summary>
    public List<JsonElement> Seen { get; } = [];

    public static async Task<LiveSocket> OpenAsync(LiveProcess process, string path, string user, string tokenId = "")
    {
        var socket = new LiveSocket();
        using var limit = new CancellationTokenSource(Patience);
        string separator = path.Contains('?') ? "&" : "?";
        var door = process.Url!; // it was started
        await socket._socket.ConnectAsync(new Uri($"ws://{door.Host}:{door.Port}{path}{separator}token={LiveTokens.For(user, tokenId)}"), limit.Token);
        return socket;
    }

    public Task SendAsync(string frame) =>
        _socket.SendAsync(Encoding.UTF8.GetBytes(frame), WebSocketMessageType.Text, true, CancellationToken.None);

    /// <summary>The next frame that is so; fails where the socket closes before.</summary>
    public async Task<JsonElement> NextAsync(Func<JsonElement, bool> isSo)
    {
        while (await NextAsync() is { } frame)
        {
            if (isSo(frame))
            {
                return frame;
            }
        }

        throw new InvalidOperationException($"Closed with {CloseCode} before it came.");
    }

    public Task<JsonElement> NextAsync(string type) => NextAsync(f => f.GetProperty("type").GetString() == type);

    /// <summary>Reads until the server closes; its code.</summary>
    public async Task<int?> ClosedAsync()
    {
        while (await NextAsync() is not null)
        {
        }

        return CloseCode;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<JsonElement?> NextAsync()
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

        var frame = JsonElement.Parse(Encoding.UTF8.GetString(_buffer, 0, length));
        Seen.Add(frame);
        return frame;
    }
}
