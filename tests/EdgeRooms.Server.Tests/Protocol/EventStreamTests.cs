using System.Net;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A room's events as server-sent events.</summary>
public sealed class EventStreamTests(RunningServer server) : IClassFixture<RunningServer>
{
    static int _tests;

    readonly string _path = $"/rooms/counter/v{Interlocked.Increment(ref _tests)}";

    Task AddAsync() => server.SendAsync(HttpMethod.Post, _path + "/commands", "ann", """{"name":"add","data":{"by":1}}""");

    async Task<StreamReader> OpenAsync(string query, string token, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}{_path}/events{query}");
        request.Headers.Add("Authorization", "Bearer " + token);
        request.Headers.Add("Accept", "text/event-stream");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await server.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null at the stream's end.</summary>
    static async Task<(string? Id, string? Event, JsonElement Data)?> NextAsync(StreamReader reader)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        string? id = null, name = null, data = null;
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            id = line.StartsWith("id: ", StringComparison.Ordinal) ? line[4..] : id;
            name = line.StartsWith("event: ", StringComparison.Ordinal) ? line[7..] : name;
            data = line.StartsWith("data: ", StringComparison.Ordinal) ? line[6..] : data;
            if (line.Length == 0 && data is not null)
            {
                return (id, name, JsonElement.Parse(data));
            }
        }

        return null;
    }

    [Theory]
    [InlineData("?after=1", null)]
    [InlineData("", "1:1")]
    [InlineData("?after=0", "1:1")]
    public async Task It_goes_on_after_the_last_event_and_then_live(string query, string? lastEventId)
    {
        for (int i = 0; i < 3; i++)
        {
            await AddAsync();
        }

        using var reader = await OpenAsync(query, server.Token("ann"), lastEventId);
        await AddAsync();

        for (int seq = 2; seq <= 4; seq++)
        {
            var (id, name, data) = (await NextAsync(reader))!.Value;
            Assert.Equal(($"1:{seq}", "added"), (id, name));
            Assert.Equal(("event", seq, "ann"), (data.Text("type"), data.Number("seq"), data.Text("by")));
        }
    }

    [Fact]
    public async Task Without_a_place_it_is_live_only()
    {
        await AddAsync();
        using var reader = await OpenAsync("", server.Token("ann"));
        await reader.ReadLineAsync();
        await using var member = await WireClient.OpenAsync(server, _path, server.Token("bob"));
        await member.NextAsync("joined"); // behind the stream's own request in the room's one queue
        await AddAsync();

        Assert.Equal("1:2", (await NextAsync(reader))!.Value.Id);
    }

    [Theory]
    [InlineData("1:99")]
    [InlineData("7:1")]
    public async Task A_place_that_cannot_be_served_gets_a_reset_with_the_state(string lastEventId)
    {
        await AddAsync();
        using var reader = await OpenAsync("", server.Token("ann"), lastEventId);

        var (_, name, data) = (await NextAsync(reader))!.Value;

        Assert.Equal(("reset", 1L, 1L), (name, data.Number("seq"), data.GetProperty("state").Number("value")));
        await AddAsync();
        Assert.Equal("1:2", (await NextAsync(reader))!.Value.Id);
    }

    [Fact]
    public async Task It_ends_when_its_token_does()
    {
        using var reader = await OpenAsync("", server.Token("ann", seconds: 2));

        Assert.Null(await NextAsync(reader));
    }
}
