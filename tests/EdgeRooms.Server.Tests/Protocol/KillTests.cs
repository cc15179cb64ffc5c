using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

public sealed class KillTests
{
    const int Clients = 12;
    const int Commands = 60;

    [Fact]
    public async Task Killed_with_9_under_load_nothing_acknowledged_is_lost_or_doubled()
    {
        var server = new RunningServer();
        await server.InitializeAsync();
        await using var end = server;

        var running = Enumerable.Range(0, Clients).Select(i => PlayAsync(server, i)).ToList();
        for (int kill = 0; kill < 2; kill++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(700)); // the load's own time: how much is done when the kill comes does not matter
            await server.KillAsync();
            await server.StartAsync();
        }

        await Task.WhenAll(running).WaitAsync(TimeSpan.FromMinutes(2));

        var seen = new Dictionary<(string, long), long>();
        long after = 0;
        while (true)
        {
            var (_, body) = await server.SendAsync(HttpMethod.Get, $"/rooms/relay/kill/events?after={after}&limit=500", "checker");
            var page = JsonElement.Parse(body);
            foreach (var e in page.GetProperty("events").EnumerateArray())
            {
                Assert.Equal(++after, e.GetProperty("seq").GetInt64());
                Assert.True(seen.TryAdd((e.GetProperty("by").GetString()!, e.GetProperty("cmd").GetInt64()), after), $"seq {after} is a second effect");
            }

            if (!page.GetProperty("more").GetBoolean())
            {
                break;
            }
        }

        Assert.Equal(Clients * Commands, seen.Count);
        Assert.Equal(0, await server.StopAsync(TimeSpan.FromSeconds(15)));
    }

    /// <summary>Sends its commands one after another through whatever happens; checks that its events come without a hole.</summary>
    static async Task PlayAsync(RunningServer server, int number)
    {
        string user = $"u{number}";
        string? session = null, epoch = null;
        long last = 0, cmd = 1;
        while (cmd <= Commands)
        {
            try
            {
                string resume = session is null ? "" : $"?session={Uri.EscapeDataString(session)}&since={last}&epoch={epoch}";
                await using var client = await WireClient.OpenAsync(server, $"/rooms/relay/kill{resume}", server.Token(user));
                session = (await client.NextAsync("welcome")).GetProperty("session").GetString();
                var joined = await client.NextAsync("joined");
                epoch = joined.GetProperty("epoch").GetString();
                last = joined.GetProperty("recovered").GetBoolean() ? last : joined.GetProperty("seq").GetInt64();
                while (cmd <= Commands)
                {
                    await client.SendAsync($$"""{"type":"send","id":{{cmd}},"cmd":{{cmd}},"name":"n","data":{{cmd}}}""");
                    while (true)
                    {
                        var frame = await client.NextAsync() ?? throw new IOException("closed");
                        string type = frame.GetProperty("type").GetString()!;
                        if (type == "event")
                        {
                            Assert.Equal(++last, frame.GetProperty("seq").GetInt64());
                        }
                        else if (type == "ack")
                        {
                            cmd++;
                            break;
                        }
                        else if (type == "error")
                        {
                            throw new IOException(frame.GetRawText());
                        }
                    }
                }
            }
            catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or IOException or OperationCanceledException or InvalidOperationException)
            {
                await Task.Delay(100);
            }
        }
    }
}
