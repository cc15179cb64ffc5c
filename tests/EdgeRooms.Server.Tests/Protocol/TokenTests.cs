using System.Net;
using System.Net.WebSockets;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>Who comes in, what a token's rights allow, and what happens when it ends or is replaced.</summary>
public sealed class TokenTests(TokenServer server) : IClassFixture<TokenServer>
{
    const string All = """["join","send","ephemeral","history"]""";

    static int _tests;

    readonly string _room = $"t{Interlocked.Increment(ref _tests)}";

    string AllOf(string pattern) => $$"""{"{{pattern}}":{{All}}}""";

    Task<WireClient> OpenAsync(string path, string? token, Action<ClientWebSocketOptions>? options = null) => WireClient.OpenAsync(server, path, token, options);

    [Fact]
    public async Task The_first_token_found_decides_good_or_bad()
    {
        string good = server.Token("ann");
        await using var header = await OpenAsync("/rooms", "a.b.c", o => o.SetRequestHeader("Authorization", "Bearer " + good));
        await using var protocol = await OpenAsync("/rooms", "a.b.c", o => Offer(o, "edgerooms.v1", "edgerooms.auth.bearer." + good));
        await using var badHeader = await OpenAsync("/rooms", good, o => o.SetRequestHeader("Authorization", "Bearer a.b.c"));
        await using var badQuery = await OpenAsync("/rooms", "a.b.c");
        await badQuery.SendAsync($$"""{"type":"hello","token":"{{good}}"}""");

        Assert.Equal("ann", (await header.NextAsync("welcome")).Text("user"));
        Assert.Equal("ann", (await protocol.NextAsync("welcome")).Text("user"));
        Assert.Equal("edgerooms.v1", protocol.SubProtocol);
        Assert.Equal((1008, "Invalid token"), (await badHeader.ClosedAsync(), badHeader.CloseReason));
        Assert.Equal((1008, "Invalid token"), (await badQuery.ClosedAsync(), badQuery.CloseReason));
        Assert.Equal("unauthenticated", badQuery.Seen[0].Text("code"));
        Assert.DoesNotContain(badQuery.Seen, f => f.Text("type") == "welcome");
    }

    [Fact]
    public async Task A_token_that_is_over_or_signed_by_another_is_invalid()
    {
        string token = server.Token("ann");
        await using var over = await OpenAsync("/rooms", server.Token("ann", seconds: -120));
        await using var forged = await OpenAsync("/rooms", token[..token.LastIndexOf('.')] + ".AAAA");
        await using var hello = await OpenAsync("/rooms", null);
        await hello.SendAsync("""{"type":"hello","token":"x"}""");
        await using var empty = await OpenAsync("/rooms", null);
        await empty.SendAsync("""{"type":"hello"}""");

        Assert.Equal((1008, "Invalid token"), (await over.ClosedAsync(), over.CloseReason));
        Assert.Equal((1008, "Invalid token"), (await forged.ClosedAsync(), forged.CloseReason));
        Assert.Equal((1008, "Invalid token"), (await hello.ClosedAsync(), hello.CloseReason));
        Assert.Equal((1008, "Missing auth token"), (await empty.ClosedAsync(), empty.CloseReason));
    }

    [Fact]
    public async Task Frames_before_authentication_have_no_effect()
    {
        await using var client = await OpenAsync("/rooms", null);
        await client.SendAsync($$"""{"type":"join","id":1,"room":"relay/{{_room}}"}""");

        Assert.Equal(("unauthenticated", 1L), ((await client.NextAsync("error")) is var e ? e.Text("code") : null, e.Number("id")));
        await client.SendAsync($$"""{"type":"hello","token":"{{server.Token("ann", AllOf("*"))}}"}""");
        await client.NextAsync("welcome");
        await client.SendAsync(WireClient.Command(2, room: $"relay/{_room}"));

        Assert.Equal("not_joined", (await client.AnswerAsync(2)).Text("code"));
    }

    [Fact]
    public async Task A_token_that_ends_closes_with_4202_after_an_error()
    {
        await using var client = await OpenAsync($"/rooms/relay/{_room}", server.Token("ann", AllOf("*"), seconds: 2));
        await client.NextAsync("joined");

        Assert.Equal("unauthenticated", (await client.NextAsync("error")).Text("code"));
        Assert.Equal(4202, await client.ClosedAsync());
    }

    [Fact]
    public async Task A_fresh_token_keeps_the_connection_beyond_the_end_of_the_first()
    {
        await using var witness = await OpenAsync("/rooms", server.Token("bob", seconds: 3));
        await using var client = await OpenAsync($"/rooms/relay/{_room}", server.Token("ann", AllOf("*"), seconds: 2));
        await client.NextAsync("joined");

        await client.SendAsync($$"""{"type":"auth","id":1,"token":"{{server.Token("ann", AllOf("*"))}}"}""");

        var authed = await client.AnswerAsync(1);
        Assert.Equal("authed", authed.Text("type"));
        Assert.True(authed.Number("expiresAt") > DateTimeOffset.UtcNow.AddMinutes(30).ToUnixTimeMilliseconds());
        Assert.Equal(4202, await witness.ClosedAsync());
        await client.CommandAsync(2);
        Assert.Equal("ack", (await client.AnswerAsync(2)).Text("type"));
    }

    [Fact]
    public async Task A_bad_or_foreign_fresh_token_is_refused_and_the_connection_goes_on()
    {
        await using var client = await OpenAsync($"/rooms/relay/{_room}", server.Token("ann", AllOf("*")));
        await client.NextAsync("joined");

        await client.SendAsync("""{"type":"auth","id":1,"token":"a.b.c"}""");
        await client.SendAsync($$"""{"type":"auth","id":2,"token":"{{server.Token("bob", AllOf("*"))}}"}""");
        await client.SendAsync("""{"type":"auth","id":3}""");

        Assert.Equal("unauthenticated", (await client.AnswerAsync(1)).Text("code"));
        Assert.Equal("forbidden", (await client.AnswerAsync(2)).Text("code"));
        Assert.Equal("unauthenticated", (await client.AnswerAsync(3)).Text("code"));
        await client.CommandAsync(4);
        Assert.Equal("ack", (await client.AnswerAsync(4)).Text("type"));
    }

    [Fact]
    public async Task A_narrower_token_ends_the_rooms_that_it_no_longer_allows()
    {
        await using var watcher = await OpenAsync($"/rooms/relay/{_room}", server.Token("bob", AllOf("*")));
        await watcher.NextAsync("joined");
        await using var client = await OpenAsync("/rooms", server.Token("ann", AllOf("*")));
        await client.SendAsync($$"""{"type":"join","id":1,"room":"relay/{{_room}}"}""" + "\n" + $$"""{"type":"join","id":2,"room":"doc/{{_room}}"}""");
        await client.AnswerAsync(2);

        await client.SendAsync($$"""{"type":"auth","id":3,"token":"{{server.Token("ann", AllOf("doc/*"))}}"}""");

        var error = await client.NextAsync("error");
        Assert.Equal(("forbidden", $"relay/{_room}"), (error.Text("code"), error.Text("room")));
        Assert.Equal($"relay/{_room}", (await client.NextAsync("left")).Text("room"));
        await client.SendAsync(WireClient.Command(4, "patch", """{"patch":{}}""", $"doc/{_room}"));
        Assert.Equal("ack", (await client.AnswerAsync(4)).Text("type"));
        await client.SendAsync(WireClient.Command(5, room: $"relay/{_room}"));
        Assert.Equal("not_joined", (await client.AnswerAsync(5)).Text("code"));
        await watcher.NextAsync("members");
        Assert.Equal("ann", (await watcher.NextAsync("members")).GetProperty("left")[0].Text("user"));
    }

    [Fact]
    public async Task Each_right_is_asked_for_by_what_needs_it_and_patterns_add_up()
    {
        string rights = $$"""{"relay/{{_room}}":["join"],"relay/*":["send"],"doc/*":["join"]}""";
        await using var client = await OpenAsync("/rooms", server.Token("ann", rights));
        await client.SendAsync($$"""{"type":"join","id":1,"room":"relay/{{_room}}"}""");
        await client.SendAsync($$"""{"type":"join","id":2,"room":"relay/other"}""");
        await client.SendAsync($$"""{"type":"join","id":3,"room":"doc/{{_room}}"}""");
        await client.SendAsync($$"""{"type":"join","id":4,"room":"doc/{{_room}}b","history":5}""");
        await client.SendAsync(WireClient.Command(5, room: $"relay/{_room}"));
        await client.SendAsync(WireClient.Command(6, "patch", """{"patch":{}}""", $"doc/{_room}"));
        await client.SendAsync($$"""{"type":"history","id":7,"room":"relay/{{_room}}","after":0,"limit":1}""");
        await client.SendAsync($$"""{"type":"ephemeral","id":8,"room":"relay/{{_room}}","name":"x"}""");
        var told = new Dictionary<long, string?>();
        while (told.Count < 8)
        {
            var frame = (await client.NextAsync())!.Value;
            if (frame.Number("id") is > 0 and var id)
            {
                told.Add(id, frame.Refusal().Code);
            }
        }

        Assert.Equal(
            ["joined", "forbidden", "joined", "forbidden", "ack", "forbidden", "forbidden", "forbidden"],
            Enumerable.Range(1, 8).Select(i => told[i]));
    }

    [Fact]
    public async Task A_token_without_rooms_has_the_configured_rights()
    {
        await using var open = await OpenAsync("/rooms/relay/open", server.Token("ann"));
        await open.NextAsync("joined");
        await open.CommandAsync(1);
        await using var closed = await OpenAsync("/rooms/relay/closed", server.Token("ann"));
        await using var counter = await OpenAsync($"/rooms/counter/{_room}", server.Token("ann"));
        await counter.NextAsync("joined");
        await counter.CommandAsync(1, "add", """{"by":1}""");

        Assert.Equal("forbidden", (await open.AnswerAsync(1)).Text("code"));
        Assert.Equal("forbidden", (await closed.NextAsync("error")).Text("code"));
        Assert.Equal(4003, await closed.ClosedAsync());
        Assert.Equal("ack", (await counter.AnswerAsync(1)).Text("type"));
    }

    [Fact]
    public async Task Http_asks_for_the_same_rights()
    {
        async Task<(HttpStatusCode, string?)> AskAsync(HttpMethod method, string path, string rooms, string? body = null)
        {
            var (status, text) = await server.SendAsync(method, $"/rooms/relay/{_room}{path}", "", body, ("Authorization", "Bearer " + server.Token("ann", rooms)));
            return (status, status == HttpStatusCode.OK ? null : JsonElement.Parse(text).Text("code"));
        }

        string join = """{"relay/*":["join"]}""", send = """{"relay/*":["send"]}""", history = """{"relay/*":["history"]}""";

        Assert.Equal((HttpStatusCode.OK, null), await AskAsync(HttpMethod.Post, "/commands", send, """{"name":"n"}"""));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await AskAsync(HttpMethod.Post, "/commands", join, """{"name":"n"}"""));
        Assert.Equal((HttpStatusCode.OK, null), await AskAsync(HttpMethod.Get, "", join));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await AskAsync(HttpMethod.Get, "", history));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await AskAsync(HttpMethod.Get, "?at=0", join));
        Assert.Equal((HttpStatusCode.OK, null), await AskAsync(HttpMethod.Get, "/events", history));
        Assert.Equal((HttpStatusCode.Forbidden, "forbidden"), await AskAsync(HttpMethod.Get, "/events", join));
    }

    static void Offer(ClientWebSocketOptions options, params string[] protocols) => Array.ForEach(protocols, options.AddSubProtocol);
}
