using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A plain WebSocket that speaks only what PROTOCOL.md says. Every wait ends after ten seconds.</summary>
sealed class WireClient : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly ClientWebSocket _socket = new();
    readonly MessageReader _messages;
    readonly Queue<JsonElement> _batch = new();
    HttpMessageInvoker? _invoker;

    WireClient() => _messages = new MessageReader(_socket);

    public List<JsonElement> Seen { get; } = [];

    /// <summary>Messages with more than one frame.</summary>
    public int Batches { get; private set; }

    public string? SubProtocol => _socket.SubProtocol;

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    /// <summary>With <paramref name="receiveBytes"/> the kernel holds little more than that for a client that does not read.</summary>
    public static async Task<WireClient> OpenAsync(
        RunningServer server, string path, string? token, Action<ClientWebSocketOptions>? options = null, int? receiveBytes = null)
    {
        var client = new WireClient();
        options?.Invoke(client._socket.Options);
        string separator = path.Contains('?') ? "&" : "?";
        string query = token is null ? "" : $"{separator}token={token}";
        using var limit = new CancellationTokenSource(Patience);
        var handler = new SocketsHttpHandler();
        if (receiveBytes is { } bytes)
        {
            handler.ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, bytes, cancellation);
        }

        client._invoker = new HttpMessageInvoker(handler);
        await client._socket.ConnectAsync(new Uri($"ws://127.0.0.1:{server.Port}{path}{query}"), client._invoker, limit.Token);
        return client;
    }

    public async Task SendAsync(string text, WebSocketMessageType type = WebSocketMessageType.Text)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _socket.SendAsync(Encoding.UTF8.GetBytes(text), type, true, limit.Token);
    }

    public Task CommandAsync(long cmd, string name = "n", string data = "null", string? room = null) => SendAsync(Command(cmd, name, data, room));

    /// <summary>The numbers of a range in one message, and all their answers by number.</summary>
    public async Task<Dictionary<long, JsonElement>> BurstAsync(long first, long last, string name = "n")
    {
        await SendAsync(string.Join('\n', Enumerable.Range((int)first, (int)(last - first + 1)).Select(c => Command(c, name))));
        return await AnswersAsync(first, last);
    }

    /// <summary>The answers to a range of ids, in whatever order they come: a router's refusal overtakes a room's answer.</summary>
    public async Task<Dictionary<long, JsonElement>> AnswersAsync(long first, long last)
    {
        var answers = new Dictionary<long, JsonElement>();
        while (answers.Count <= last - first)
        {
            var frame = await NextAsync() ?? throw new InvalidOperationException($"Closed with {CloseStatus} {CloseReason}.");
            if (frame.Number("id") is var id && id >= first && id <= last)
            {
                answers.Add(id, frame);
            }
        }

        return answers;
    }

    /// <summary>Sends until it is not <c>rate_limited</c>, each time after the wait that the server named; the answer.</summary>
    public async Task<JsonElement> PacedAsync(long id, string frame)
    {
        while (true)
        {
            await SendAsync(frame);
            var answer = await AnswerAsync(id);
            if (answer.Text("code") != "rate_limited")
            {
                return answer;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(answer.Number("retryAfterMs")));
        }
    }

    /// <summary>A send whose id is its cmd.</summary>
    public static string Command(long cmd, string name = "n", string data = "null", string? room = null)
    {
        string field = room is null ? "" : $"\"room\":\"{room}\",";
        return $$"""{"type":"send",{{field}}"id":{{cmd}},"cmd":{{cmd}},"name":"{{name}}","data":{{data}}}""";
    }

    /// <summary>The next frame that answers this id.</summary>
    public async Task<JsonElement> AnswerAsync(long id)
    {
        while (true)
        {
            var frame = await NextAsync() ?? throw new InvalidOperationException($"Closed with {CloseStatus} {CloseReason} before {id} was answered.");
            if (frame.Number("id") == id)
            {
                return frame;
            }
        }
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
        if (!_batch.TryDequeue(out var frame))
        {
            if (!await ReceiveAsync())
            {
                return null;
            }

            frame = _batch.Dequeue();
        }

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
        _invoker?.Dispose();
        return ValueTask.CompletedTask;
    }

    static async ValueTask<Stream> ConnectAsync(DnsEndPoint to, int receiveBytes, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = receiveBytes, NoDelay = true };
        await socket.ConnectAsync(to, cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    async Task<bool> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        if (await _messages.NextAsync(limit.Token) is not { } message)
        {
            return false;
        }

        foreach (string line in Encoding.UTF8.GetString(message.Span).Split('\n'))
        {
            _batch.Enqueue(JsonElement.Parse(line, new JsonDocumentOptions { MaxDepth = 128 }));
        }

        Batches += _batch.Count > 1 ? 1 : 0;
        return true;
    }
}
