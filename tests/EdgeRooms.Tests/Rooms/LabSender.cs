using System.Text.Json;

namespace EdgeRooms.Tests.Rooms;

/// <summary>
/// A member that sends numbered commands, several at once, goes back to the first refused one as PROTOCOL rule 5 says, and checks every event that
/// it is told: contiguous from its join on, never twice.
/// </summary>
sealed class LabSender(LabClient client, long joinedAt, long first = 1, int window = 8)
{
    readonly SortedDictionary<long, bool> _open = [];
    long _lastSeq = joinedAt;

    /// <summary>Numbers in the order in which they were acked; each once.</summary>
    public List<long> Acked { get; } = [];

    public long LastSeq => _lastSeq;

    /// <summary>Sends so many commands; ends when all are acked.</summary>
    public async Task RunAsync(int count, TimeSpan within)
    {
        using var limit = new CancellationTokenSource(within);
        long next = first;
        while (Acked.Count < count)
        {
            while (next < first + count && _open.Count < window)
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
                Assert.Fail($"At seq {_lastSeq}; the last frames: {string.Join(" ", client.Seen.TakeLast(6).Select(f => f.GetRawText()))}; waits for "
                    + string.Join(",", _open));
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
                _open[refused.GetInt64()] = false;
                break;
            case "reset":
                Assert.Fail($"A reset: {frame.GetRawText()}");
                break;
        }

        await GoBackAsync();
    }

    /// <summary>When every open number has been answered, by a refusal, they go again in order.</summary>
    async Task GoBackAsync()
    {
        if (_open.Count == 0 || _open.Values.Any(sent => sent))
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
