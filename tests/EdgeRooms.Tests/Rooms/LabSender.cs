using System.Text.Json;

namespace EdgeRooms.Tests.Rooms;

/// <summary>
/// A member that sends numbered commands, several at once, goes back to the first refused one as PROTOCOL rule 5 says, and checks every event that
/// it is told: contiguous from its join on, never twice.
/// </summary>
sealed class LabSender(LabClient client, long joinedAt)
{
    const int Window = 8;

    readonly SortedDictionary<long, bool> _open = [];
    long _lastSeq = joinedAt;

    /// <summary>Numbers in the order in which they were acked; each once.</summary>
    public List<long> Acked { get; } = [];

    public long LastSeq => _lastSeq;

    /// <summary>Sends 1 to <paramref name="count"/>; ends when all are acked.</summary>
    public async Task RunAsync(int count, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        long next = 1;
        while (Acked.Count < count)
        {
            while (next <= count && _open.Count < Window)
            {
                _open.Add(next, true);
                await client.AddAsync(next++);
            }

            try
            {
                await TakeAsync(await client.NextAsync(limit.Token));
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Waits for {string.Join(",", _open)} at seq {_lastSeq}; the last frames: "
                    + string.Join(" ", client.Seen.TakeLast(6).Select(f => f.GetRawText())));
            }
        }
    }

    /// <summary>Reads until the event <paramref name="seq"/> has come.</summary>
    public async Task CatchUpAsync(long seq, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        while (_lastSeq < seq)
        {
            await TakeAsync(await client.NextAsync(limit.Token));
        }
    }

    async Task TakeAsync(JsonElement frame)
    {
        switch (frame.GetProperty("type").GetString())
        {
            case "event":
                Assert.Equal(_lastSeq + 1, frame.GetProperty("seq").GetInt64());
                _lastSeq++;
                break;
            case "ack":
                long acked = frame.GetProperty("cmd").GetInt64();
                Assert.True(_open.Remove(acked), $"{acked} was acked twice, or never sent.");
                Assert.False(frame.TryGetProperty("refused", out _));
                Acked.Add(acked);
                break;
            case "error" when frame.TryGetProperty("cmd", out var refused):
                Assert.True(frame.GetProperty("retry").GetBoolean(), frame.GetRawText());
                await GoBackAsync(refused.GetInt64());
                break;
            case "reset":
                Assert.Fail($"A reset: {frame.GetRawText()}");
                break;
        }
    }

    /// <summary>Each refused number is answered; when all that are open have been, they go again in order.</summary>
    async Task GoBackAsync(long refused)
    {
        _open[refused] = false;
        if (_open.Values.Any(sent => sent))
        {
            return;
        }

        await Task.Delay(20);
        foreach (long cmd in _open.Keys.ToArray())
        {
            _open[cmd] = true;
            await client.AddAsync(cmd);
        }
    }
}
