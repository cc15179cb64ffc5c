using System.Net;
using System.Net.WebSockets;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

public sealed class ProtocolTests(RunningServer server) : IClassFixture<RunningServer>
{
    static int _rooms;

    readonly string _room = $"r{Interlocked.Increment(ref _rooms)}";

    Task<WireClient> JoinAsync(string kind, string user, string query = "") =>
        WireClient.OpenAsync(server, $"/rooms/{kind}/{_room}{query}", server.Token(user));

    [Fact]
    public async Task A_command_gives_an_event_and_then_its_ack_with_the_same_seq()
    {
        await using var client = await JoinAsync("relay", "ann");
        Assert.Equal("ann", (await client.NextAsync("welcome")).GetProperty("user").GetString());
        Assert.Equal(0, (await client.NextAsync("joined")).GetProperty("seq").GetInt64());

        await client.SendAsync("""{"type":"send","id":7,"cmd":1,"name":"say","data":{"text":"hi"}}""");

        var e = await client.NextAsync("event");
        Assert.Equal((1, "say", "hi", "ann", 1), (e.GetProperty("seq").GetInt64(), e.GetProperty("name").GetString(),
            e.GetProperty("data").GetProperty("text").GetString(), e.GetProperty("by").GetString(), e.GetProperty("cmd").GetInt64()));
        var ack = await client.NextAsync("ack");
        Assert.Equal((7, 1), (ack.GetProperty("id").GetInt64(), ack.GetProperty("seq").GetInt64()));
    }

    [Fact]
    public async Task A_repeated_cmd_has_no_second_effect()
    {
        await using var client = await JoinAsync("counter", "ann");
        await client.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"add","data":{"by":2}}""");
        await client.NextAsync("ack");

        await client.SendAsync("""{"type":"send","id":2,"cmd":1,"name":"add","data":{"by":2}}""");

        var ack = await client.NextAsync("ack");
        Assert.True(ack.GetProperty("dup").GetBoolean());
        Assert.Equal((1, 2), (ack.GetProperty("seq").GetInt64(), ack.GetProperty("result").GetProperty("value").GetInt64()));
    }

    [Fact]
    public async Task A_number_refused_for_good_is_told_as_refused_when_it_comes_again()
    {
        await using var client = await JoinAsync("counter", "ann");
        await client.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"add","data":{"by":"x"}}""");
        var error = await client.NextAsync("error");
        Assert.Equal(("rejected", false), (error.GetProperty("code").GetString(), error.GetProperty("retry").GetBoolean()));
        await client.SendAsync("""{"type":"send","id":2,"cmd":2,"name":"add","data":{"by":1}}""");
        await client.NextAsync("ack");

        await client.SendAsync("""{"type":"send","id":3,"cmd":1,"name":"add","data":{"by":1}}""");

        Assert.True((await client.NextAsync("ack")).GetProperty("refused").GetBoolean());
    }

    [Fact]
    public async Task A_resume_brings_exactly_what_was_missed_to_the_same_member()
    {
        await using var other = await JoinAsync("relay", "bob");
        await other.NextAsync("joined");
        var client = await JoinAsync("relay", "ann");
        string session = (await client.NextAsync("welcome")).GetProperty("session").GetString()!;
        var joined = await client.NextAsync("joined");
        client.Drop();
        for (int i = 1; i <= 5; i++)
        {
            await other.SendAsync($$"""{"type":"send","id":{{i}},"cmd":{{i}},"name":"n","data":{{i}}}""");
            await other.NextAsync("ack");
        }

        await using var again = await JoinAsync(
            "relay", "ann", $"?session={session}&since=2&epoch={joined.GetProperty("epoch").GetString()}");

        var resumed = await again.NextAsync("joined");
        Assert.True(resumed.GetProperty("recovered").GetBoolean());
        Assert.Equal(joined.GetProperty("member").GetString(), resumed.GetProperty("member").GetString());
        for (int seq = 3; seq <= 5; seq++)
        {
            Assert.Equal(seq, (await again.NextAsync("event")).GetProperty("seq").GetInt64());
        }
    }

    [Fact]
    public async Task History_and_pages_show_the_past()
    {
        await using var client = await JoinAsync("relay", "ann");
        for (int i = 1; i <= 6; i++)
        {
            await client.SendAsync($$"""{"type":"send","id":{{i}},"cmd":{{i}},"name":"n","data":{{i}}}""");
            await client.NextAsync("ack");
        }

        await using var late = await JoinAsync("relay", "bob", "?history=2");
        await late.NextAsync("joined");
        Assert.Equal(5, (await late.NextAsync("event")).GetProperty("seq").GetInt64());
        Assert.Equal(6, (await late.NextAsync("event")).GetProperty("seq").GetInt64());
        await late.SendAsync("""{"type":"history","id":9,"after":1,"limit":2}""");
        var page = await late.NextAsync("page");
        Assert.Equal(2, page.GetProperty("events").GetArrayLength());
        Assert.True(page.GetProperty("more").GetBoolean());
    }

    [Fact]
    public async Task Ephemerals_and_members_reach_the_others_only()
    {
        await using var ann = await JoinAsync("relay", "ann");
        await ann.NextAsync("joined");
        await using var bob = await JoinAsync("relay", "bob");
        await bob.NextAsync("joined");
        Assert.Equal("bob", (await ann.NextAsync("members")).GetProperty("joined")[0].GetProperty("user").GetString());

        await bob.SendAsync("""{"type":"ephemeral","name":"cursor","data":{"x":1}}""");
        Assert.Equal("bob", (await ann.NextAsync("ephemeral")).GetProperty("by").GetString());
        await bob.CloseAsync();

        Assert.Equal("bob", (await ann.NextAsync("members")).GetProperty("left")[0].GetProperty("user").GetString());
        Assert.DoesNotContain(bob.Seen, f => f.GetProperty("type").GetString() == "ephemeral");
    }

    [Theory]
    [InlineData("""{"type":"send","id":1,"name":"n","data":"\u0000"}""")]
    [InlineData("""{"type":"send","id":1,"name":"n","data":"\ud800"}""")]
    [InlineData("""{"type":"send","id":1,"name":"n","data":1e999}""")]
    [InlineData("""{"type":"send","id":1,"name":"n","data":[}""")]
    [InlineData("[]")]
    public async Task What_cannot_be_stored_is_a_bad_frame_and_the_connection_goes_on(string frame)
    {
        await using var client = await JoinAsync("relay", "ann");
        await client.NextAsync("joined");

        await client.SendAsync(frame);

        Assert.Equal("bad_frame", (await client.NextAsync("error")).GetProperty("code").GetString());
        await client.SendAsync("""{"type":"ping"}""");
        await client.NextAsync("pong");
    }

    [Fact]
    public async Task Nesting_over_64_is_a_bad_frame()
    {
        await using var client = await JoinAsync("relay", "ann");

        await client.SendAsync($$"""{"type":"send","id":1,"name":"n","data":{{new string('[', 70)}}{{new string(']', 70)}}}""");

        Assert.Equal("bad_frame", (await client.NextAsync("error")).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Ten_malformed_frames_in_a_row_close_with_4002()
    {
        await using var client = await JoinAsync("relay", "ann");

        for (int i = 0; i < 10; i++)
        {
            await client.SendAsync("{");
        }

        Assert.Equal(4002, await client.ClosedAsync());
    }

    [Fact]
    public async Task A_message_over_64_KiB_closes_with_1009()
    {
        await using var client = await JoinAsync("relay", "ann");

        await client.SendAsync($$"""{"type":"send","name":"n","data":"{{new string('x', 70_000)}}"}""");

        Assert.Equal("too_large", (await client.NextAsync("error")).GetProperty("code").GetString());
        Assert.Equal(1009, await client.ClosedAsync());
    }

    [Fact]
    public async Task Without_a_token_or_with_a_bad_one_it_closes_with_1008()
    {
        await using var silent = await WireClient.OpenAsync(server, $"/rooms/relay/{_room}", null);
        await using var bad = await WireClient.OpenAsync(server, $"/rooms/relay/{_room}", "a.b.c");

        Assert.Equal((1008, "Invalid token"), (await bad.ClosedAsync(), bad.CloseReason));
        Assert.Equal((1008, "Missing auth token"), (await silent.ClosedAsync(), silent.CloseReason));
    }

    [Fact]
    public async Task Hello_may_bring_the_token_and_a_subprotocol_too()
    {
        await using var hello = await WireClient.OpenAsync(server, $"/rooms/relay/{_room}", null);
        await hello.SendAsync($$"""{"type":"hello","token":"{{server.Token("ann")}}"}""");
        await hello.NextAsync("joined");
        await using var sub = await WireClient.OpenAsync(server, $"/rooms/relay/{_room}", null, o =>
        {
            o.AddSubProtocol("edgerooms.v1");
            o.AddSubProtocol("edgerooms.auth.bearer." + server.Token("bob"));
        });

        Assert.Equal("bob", (await sub.NextAsync("welcome")).GetProperty("user").GetString());
    }

    [Fact]
    public async Task Another_origin_may_not_open_a_socket()
    {
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => WireClient.OpenAsync(
            server, $"/rooms/relay/{_room}", server.Token("ann"), o => o.SetRequestHeader("Origin", "https://evil.example")));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_kind_and_a_missing_right_close_the_single_room_address()
    {
        await using var unknown = await WireClient.OpenAsync(server, $"/rooms/nothing/{_room}", server.Token("ann"));
        await using var forbidden = await WireClient.OpenAsync(server, $"/rooms/relay/{_room}", server.Token("ann", """{"chat/*":["join"]}"""));

        Assert.Equal(4004, await unknown.ClosedAsync());
        Assert.Equal(4003, await forbidden.ClosedAsync());
    }

    [Fact]
    public async Task A_newer_connection_takes_the_session_over()
    {
        await using var old = await JoinAsync("relay", "ann");
        string session = (await old.NextAsync("welcome")).GetProperty("session").GetString()!;
        await old.NextAsync("joined");

        await using var fresh = await JoinAsync("relay", "ann", $"?session={session}");

        Assert.Equal(session, (await fresh.NextAsync("welcome")).GetProperty("session").GetString());
        await fresh.NextAsync("joined");
        Assert.Equal(4005, await old.ClosedAsync());
    }

    [Fact]
    public async Task Many_rooms_share_a_connection_and_unknown_types_are_told()
    {
        await using var client = await WireClient.OpenAsync(server, "/rooms", server.Token("ann"));
        await client.SendAsync($$"""{"type":"join","id":1,"room":"relay/{{_room}}"}""" + "\n" + $$"""{"type":"join","id":2,"room":"counter/{{_room}}"}""");
        long[] joined = [(await client.NextAsync("joined")).Number("id"), (await client.NextAsync("joined")).Number("id")];
        Assert.Equal([1, 2], joined.Order()); // two rooms have no order between them

        await client.SendAsync("""{"type":"nonsense","id":3}""");
        Assert.Equal("unknown_type", (await client.NextAsync("error")).GetProperty("code").GetString());
        await client.SendAsync("""{"type":"join","id":4,"room":"no room"}""");
        Assert.Equal("invalid_room", (await client.NextAsync("error")).GetProperty("code").GetString());
        await client.SendAsync($$"""{"type":"leave","id":5,"room":"relay/{{_room}}"}""");
        await client.NextAsync("left");
        await client.SendAsync($$"""{"type":"send","id":6,"room":"relay/{{_room}}","name":"n"}""");
        Assert.Equal("not_joined", (await client.NextAsync("error")).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Http_reads_commands_and_remembers_idempotency_keys()
    {
        string path = $"/rooms/counter/{_room}";
        var first = await server.SendAsync(HttpMethod.Post, path + "/commands", "ann", """{"name":"add","data":{"by":5}}""", ("Idempotency-Key", "k1"));
        var again = await server.SendAsync(HttpMethod.Post, path + "/commands", "ann", """{"name":"add","data":{"by":5}}""", ("Idempotency-Key", "k1"));
        var other = await server.SendAsync(HttpMethod.Post, path + "/commands", "ann", """{"name":"add","data":{"by":6}}""", ("Idempotency-Key", "k1"));
        var state = await server.SendAsync(HttpMethod.Get, path, "ann");
        var before = await server.SendAsync(HttpMethod.Get, path + "?at=0", "ann");
        var rejected = await server.SendAsync(HttpMethod.Post, path + "/commands", "ann", """{"name":"nothing"}""");
        var escaped = await server.SendAsync(HttpMethod.Get, "/rooms/counter/a%2fb", "ann");

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(JsonElement.Parse(first.Body).GetProperty("seq").GetInt64(), JsonElement.Parse(again.Body).GetProperty("seq").GetInt64());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.Status);
        Assert.Equal(5, JsonElement.Parse(state.Body).GetProperty("state").GetProperty("value").GetInt64());
        Assert.Equal(0, JsonElement.Parse(before.Body).GetProperty("state").GetProperty("value").GetInt64());
        Assert.Equal((HttpStatusCode.Conflict, "rejected"), (rejected.Status, JsonElement.Parse(rejected.Body).GetProperty("code").GetString()));
        Assert.Equal(HttpStatusCode.BadRequest, escaped.Status);
    }
}
