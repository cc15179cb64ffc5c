using System.Net;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>What a client may do, and what it is told beyond. Each test is a user of its own, for most limits are a user's.</summary>
public sealed class LimitTests(LimitedServer server) : IClassFixture<LimitedServer>
{
    static int _tests;

    readonly string _name = $"l{Interlocked.Increment(ref _tests)}";

    Task<WireClient> OpenAsync(string path, string? user = null) => WireClient.OpenAsync(server, path, server.Token(user ?? _name));

    [Fact]
    public async Task A_user_over_the_rate_is_told_when_to_come_again_and_the_connection_stays()
    {
        await using var client = await OpenAsync($"/rooms/relay/{_name}");
        await client.NextAsync("joined");
        await client.SendAsync(string.Join('\n', Enumerable.Range(1, 12).Select(i => $$"""{"type":"send","id":{{i}},"name":"n"}""")));

        var refused = await client.NextAsync("error");

        Assert.Equal(("rate_limited", true), refused.Refusal());
        Assert.InRange(refused.Number("retryAfterMs"), 10, 1000);
        Assert.Equal("ack", (await client.PacedAsync(50, """{"type":"send","id":50,"name":"n"}""")).Text("type"));
    }

    [Fact]
    public async Task Welcome_names_the_limits()
    {
        await using var client = await OpenAsync($"/rooms/relay/{_name}");

        var welcome = await client.NextAsync("welcome");

        Assert.Equal((20, 5, 2048, 25_000), (welcome.Number("commandsPerSecond"), welcome.Number("commandBurst"),
            welcome.Number("maxFrameBytes"), welcome.Number("pingMs")));
        Assert.True(welcome.Number("expiresAt") > DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Assert.NotNull(welcome.Text("connection"));
        Assert.NotNull(welcome.Text("node"));
    }

    [Fact]
    public async Task One_room_too_many_is_refused_for_good_until_another_is_left()
    {
        await using var client = await OpenAsync("/rooms");
        for (int i = 1; i <= 3; i++)
        {
            await client.SendAsync($$"""{"type":"join","id":{{i}},"room":"relay/{{_name}}{{i}}"}""");
        }

        Assert.Equal(("over_limit", false), (await client.AnswerAsync(3)).Refusal());
        await client.SendAsync($$"""{"type":"leave","id":4,"room":"relay/{{_name}}1"}""");
        Assert.Equal("left", (await client.AnswerAsync(4)).Text("type"));
        await client.SendAsync($$"""{"type":"join","id":5,"room":"relay/{{_name}}3"}""");

        Assert.Equal("joined", (await client.AnswerAsync(5)).Text("type"));
    }

    [Fact]
    public async Task One_connection_too_many_is_closed_with_4100_and_a_closed_one_counts_no_more()
    {
        await using var first = await OpenAsync("/rooms");
        await using var second = await OpenAsync("/rooms");
        await first.NextAsync("welcome");
        await second.NextAsync("welcome");

        await using var third = await OpenAsync("/rooms");

        Assert.Equal("over_limit", (await third.NextAsync("error")).Text("code"));
        Assert.Equal(4100, await third.ClosedAsync());
        await first.CloseAsync();
        await first.ClosedAsync();
        await using var fourth = await OpenAsync("/rooms");
        await fourth.NextAsync("welcome");
    }

    [Fact]
    public async Task One_new_room_too_many_is_refused_with_its_time_on_send_and_over_http()
    {
        await using var client = await OpenAsync("/rooms");
        for (int i = 1; i <= 2; i++)
        {
            string room = $"relay/{_name}{i}";
            await client.SendAsync($$"""{"type":"join","id":{{i}},"room":"{{room}}"}""");
            await client.SendAsync(WireClient.Command(10 + i, room: room));
            Assert.Equal("ack", (await client.AnswerAsync(10 + i)).Text("type"));
        }

        await using var another = await OpenAsync($"/rooms/relay/{_name}3");
        await another.CommandAsync(1);
        var refused = await another.AnswerAsync(1);
        var http = await server.SendAsync(HttpMethod.Post, $"/rooms/relay/{_name}4/commands", _name, """{"name":"n"}""");
        var known = await client.PacedAsync(20, WireClient.Command(20, room: $"relay/{_name}1"));

        Assert.Equal("over_limit", refused.Text("code"));
        Assert.InRange(refused.Number("retryAfterMs"), 1, 3_600_000);
        Assert.Equal((HttpStatusCode.TooManyRequests, "over_limit"), (http.Status, JsonElement.Parse(http.Body).Text("code")));
        Assert.Equal("ack", known.Text("type"));
    }

    [Fact]
    public async Task Http_over_the_rate_is_429_with_its_wait()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ =>
            server.SendAsync(HttpMethod.Post, $"/rooms/relay/{_name}/commands", _name, """{"name":"n"}""")));

        var refused = answers.First(a => a.Status == HttpStatusCode.TooManyRequests);

        var problem = JsonElement.Parse(refused.Body);
        Assert.Equal(("rate_limited", true, 429), (problem.Text("code"), problem.Flag("retry"), problem.Number("status")));
        Assert.True(problem.Number("retryAfterMs") > 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_over_FrameBytes_is_too_large_also_as_a_batch_of_small_frames(bool batch)
    {
        await using var client = await OpenAsync($"/rooms/relay/{_name}");
        await client.NextAsync("joined");

        await client.SendAsync(batch ? string.Join('\n', Enumerable.Repeat("""{"type":"ping"}""", 200)) : $$"""{"type":"ping","x":"{{new string('x', 2048)}}"}""");

        Assert.Equal("too_large", (await client.NextAsync("error")).Text("code"));
        Assert.Equal(1009, await client.ClosedAsync());
        Assert.DoesNotContain(client.Seen, f => f.Text("type") == "pong");
    }

    [Fact]
    public async Task A_message_of_exactly_FrameBytes_is_taken()
    {
        await using var client = await OpenAsync($"/rooms/relay/{_name}");

        await client.SendAsync($$"""{"type":"ping","x":"{{new string('x', 2048 - 23)}}"}""");

        await client.NextAsync("pong");
    }

    [Fact]
    public async Task A_full_room_says_so()
    {
        await using var one = await OpenAsync($"/rooms/pair/{_name}", _name + "a");
        await one.NextAsync("joined");
        await using var two = await OpenAsync($"/rooms/pair/{_name}", _name + "b");
        await two.NextAsync("joined");

        await using var three = await OpenAsync($"/rooms/pair/{_name}", _name + "c");

        Assert.Equal("room_full", (await three.NextAsync("error")).Text("code"));
    }

    [Fact]
    public async Task Ten_bad_frames_close_only_where_no_good_one_lies_between()
    {
        await using var client = await OpenAsync($"/rooms/relay/{_name}");
        for (int i = 0; i < 9; i++)
        {
            await client.SendAsync("{");
        }

        await client.SendAsync("""{"type":"ping"}""");
        await client.NextAsync("pong");
        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("x", System.Net.WebSockets.WebSocketMessageType.Binary);
        }

        Assert.Equal(4002, await client.ClosedAsync());
        Assert.Equal(19, client.Seen.Count(f => f.Text("code") == "bad_frame"));
    }
}
