using System.Text;
using System.Text.Json;
using System.Threading.Channels;

using EdgeRooms.Events;
using EdgeRooms.Sessions;

namespace EdgeRooms.Tests.Rooms;

/// <summary>A connection whose frames a test reads; every wait ends after ten seconds.</summary>
sealed class LabClient : IConnectionTransport
{
    readonly Channel<JsonElement> _frames = Channel.CreateUnbounded<JsonElement>();

    readonly TaskCompletionSource<int> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Connection Connection { get; set; } = null!;

    public Task Pump { get; set; } = Task.CompletedTask;

    /// <summary>While set, the socket takes nothing.</summary>
    public Task Blocked { get; set; } = Task.CompletedTask;

    public bool TakesBatches => false;

    public List<JsonElement> Seen { get; } = [];

    public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        await Blocked;
        _frames.Writer.TryWrite(JsonElement.Parse(message.Span));
    }

    public ValueTask PingAsync() => default;

    /// <summary>Ends with the code that the server closed with.</summary>
    public Task<int> Closed => _closed.Task;

    public ValueTask CloseAsync(int code, string reason)
    {
        _closed.TrySetResult(code);
        return default;
    }

    public void Abort()
    {
    }

    public ValueTask SendAsync(string frame) => Connection.OnMessageAsync(Encoding.UTF8.GetBytes(frame));

    public ValueTask AddAsync(long cmd, long by = 1) =>
        SendAsync($$"""{"type":"send","id":{{cmd}},"cmd":{{cmd}},"name":"add","data":{"by": {{by}} } }""");

    public async Task<JsonElement> NextAsync(params string[] types)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            JsonElement frame;
            try
            {
                frame = await _frames.Reader.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"No {string.Join(" or ", types)} came; the last were: {string.Join(" ", Seen.TakeLast(5).Select(f => f.GetRawText()))}");
            }

            Seen.Add(frame);
            if (types.Contains(frame.GetProperty("type").GetString()))
            {
                return frame;
            }
        }
    }

    public async Task<JsonElement> NextAsync(CancellationToken limit)
    {
        var frame = await _frames.Reader.ReadAsync(limit);
        Seen.Add(frame);
        return frame;
    }

    public bool HasMore() => _frames.Reader.TryPeek(out _);
}
