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
    readonly MessageReader _messages;

    LiveSocket() => _messages = new MessageReader(_socket);

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
        if (await _messages.NextAsync(limit.Token) is not { } message)
        {
            return null;
        }

        var frame = JsonElement.Parse(message.Span);
        Seen.Add(frame);
        return frame;
    }
}
