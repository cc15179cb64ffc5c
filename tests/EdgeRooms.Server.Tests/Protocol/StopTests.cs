using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>SIGTERM: told, finished, ended; and what was acked is there afterwards.</summary>
public sealed class StopTests : IAsyncLifetime
{
    readonly RunningServer _server = new();

    public ValueTask InitializeAsync() => _server.InitializeAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Under_load_it_says_goaway_closes_with_1012_and_loses_nothing_that_was_acked()
    {
        var acked = new ConcurrentDictionary<(string, long), bool>();
        var loaded = new TaskCompletionSource();
        var clients = Enumerable.Range(0, 8).Select(i => LoadAsync($"u{i}", acked, loaded)).ToList();
        await loaded.Task;

        int code = await _server.StopAsync(TimeSpan.FromSeconds(15));
        var closed = await Task.WhenAll(clients);

        Assert.Equal(0, code);
        Assert.All(closed, c => Assert.Equal((1012, "drain", true), c));
        await _server.StartAsync();
        var stream = await Journal.ReadAsync(_server, "relay/stop");
        Assert.Subset(stream, acked.Keys.ToHashSet());
    }

    [Fact]
    public async Task While_it_drains_new_clients_are_sent_away_with_a_time_to_come_again()
    {
        using var silent = new RawHttp(_server.Port);
        await silent.UpgradeAsync("/rooms/relay/a", _server.Token("ann")); // answers no close, so the drain waits for it
        await using var told = await WireClient.OpenAsync(_server, "/rooms/relay/a", _server.Token("bob"));
        await told.NextAsync("joined");
        _server.Terminate();
        await told.NextAsync("goaway");
        using var late = new RawHttp(_server.Port);

        var (status, head, _) = await late.UpgradeAsync("/rooms/relay/a", _server.Token("ann"));
        using var ready = await _server.Http.GetAsync($"http://127.0.0.1:{_server.Port}/readyz");
        using var alive = await _server.Http.GetAsync($"http://127.0.0.1:{_server.Port}/healthz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("Retry-After:", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (ready.StatusCode, alive.StatusCode));
        Assert.Equal(0, await _server.ExitAsync(TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        using var silent = new RawHttp(_server.Port);
        await silent.UpgradeAsync("/rooms/relay/a", _server.Token("ann"));
        await using var told = await WireClient.OpenAsync(_server, "/rooms/relay/a", _server.Token("bob"));
        await told.NextAsync("joined");
        var since = Stopwatch.StartNew();
        _server.Terminate();
        await told.NextAsync("goaway");

        _server.Terminate();

        Assert.Equal(143, await _server.ExitAsync(TimeSpan.FromSeconds(15)));
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(1.9), $"ended after {since.Elapsed}");
    }

    /// <summary>Sends until it is closed; the code, goaway's reason, and whether its window makes sense.</summary>
    async Task<(int, string?, bool)> LoadAsync(string user, ConcurrentDictionary<(string, long), bool> acked, TaskCompletionSource loaded)
    {
        await using var client = await WireClient.OpenAsync(_server, "/rooms/relay/stop", _server.Token(user));
        await client.NextAsync("joined");
        for (int cmd = 1; cmd <= 20; cmd++)
        {
            await client.CommandAsync(cmd);
        }

        long next = 21;
        System.Text.Json.JsonElement? goaway = null;
        while (await client.NextAsync() is { } frame)
        {
            if (frame.Text("type") == "goaway")
            {
                goaway = frame;
            }
            else if (frame.Text("type") == "ack")
            {
                acked[(user, frame.Number("cmd"))] = true;
                if (acked.Count > 500)
                {
                    loaded.TrySetResult();
                }

                if (goaway is null)
                {
                    await client.CommandAsync(next++);
                }
            }
        }

        return ((int)client.CloseStatus!, goaway?.Text("reason"), goaway?.Number("maxDelayMs") >= goaway?.Number("minDelayMs"));
    }
}
