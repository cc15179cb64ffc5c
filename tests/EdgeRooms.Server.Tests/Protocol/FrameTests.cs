using System.Net;
using System.Net.WebSockets;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>What a frame may look like, and what becomes of one that may not be taken.</summary>
public sealed class FrameTests(RunningServer server) : IClassFixture<RunningServer>
{
    static int _tests;

    readonly string _room = $"f{Interlocked.Increment(ref _tests)}";

    async Task<WireClient> JoinAsync(string kind = "relay", string query = "")
    {
        var client = await WireClient.OpenAsync(server, $"/rooms/{kind}/{_room}{query}", server.Token("ann"));
        await client.NextAsync("joined");
        return client;
    }

    [Fact]
    public async Task With_batch_1_several_frames_come_in_one_message()
    {
        await using var client = await JoinAsync(query: "?batch=1");

        var answers = await client.BurstAsync(1, 200);

        Assert.Equal(200, answers.Count);
        Assert.True(client.Batches > 0, "no message had two frames");
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), client.Seen.Where(f => f.Text("type") == "event").Select(f => f.Number("seq")));
    }

    [Fact]
    public async Task Without_batch_every_message_is_one_frame_also_of_a_replay()
    {
        await using var client = await JoinAsync();
        await client.BurstAsync(1, 100);
        await using var late = await JoinAsync(query: "?since=0");
        for (int seq = 1; seq <= 100; seq++)
        {
            Assert.Equal(seq, (await late.NextAsync("event")).Number("seq"));
        }

        Assert.Equal((0, 0), (client.Batches, late.Batches));
    }

    [Fact]
    public async Task A_malformed_frame_costs_its_own_line_only()
    {
        await using var client = await JoinAsync();

        await client.SendAsync(WireClient.Command(1) + "\n{\"type\":}\n" + WireClient.Command(2) + "\n" + """{"type":"ping","id":3} {"type":"ping","id":4}""");

        await client.AnswerAsync(4);
        await client.CommandAsync(5);
        await client.AnswerAsync(5);
        Assert.Equal(1, client.Seen.Count(f => f.Text("code") == "bad_frame"));
        Assert.Equal([1, 2, 5], client.Seen.Where(f => f.Text("type") == "ack").Select(f => f.Number("cmd")));
    }

    [Theory]
    [InlineData("""{"type":"send","id":1,"cmd":0,"name":"n"}""")]
    [InlineData("""{"type":"send","id":1,"cmd":-1,"name":"n"}""")]
    [InlineData("""{"type":"send","id":1,"cmd":1.5,"name":"n"}""")]
    [InlineData("""{"type":"send","id":1,"cmd":"1","name":"n"}""")]
    [InlineData("""{"type":"send","id":1,"cmd":1}""")]
    [InlineData("""{"type":"send","id":1,"cmd":1,"name":""}""")]
    [InlineData("""{"type":"send","id":1,"cmd":1,"name":7}""")]
    [InlineData("""{"type":"send","id":1,"cmd":1,"name":"n","data":{"\ud800":1}}""")]
    [InlineData("""{"type":"send","id":1,"cmd":1,"name":"n","data":-1e999}""")]
    [InlineData("""{"type":"send","id":1,"cmd":1,"name":"n\u0000"}""")]
    [InlineData("""{"type":"history","id":1,"after":-1,"limit":5}""")]
    [InlineData("""{"type":"history","id":1,"after":0,"limit":0}""")]
    [InlineData("""{"type":"skip","id":1}""")]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"type":"ping","extra":"\u0000"}""")]
    [InlineData("nonsense")]
    public async Task What_a_frame_may_not_hold_is_a_bad_frame_without_effect(string frame)
    {
        await using var client = await JoinAsync();

        await client.SendAsync(frame);

        Assert.Equal(("bad_frame", false), (await client.NextAsync("error")).Refusal());
        await client.CommandAsync(9);
        Assert.Equal(1, (await client.AnswerAsync(9)).Number("seq"));
    }

    [Theory]
    [InlineData("""{"type":"send","id":41,"cmd":1,"name":"n","data":"\u0000"}""")]
    [InlineData("""{"type":"send","data":"\ud800","name":"n","id":41}""")]
    [InlineData("""{"type":"send","id":41,"cmd":"x"}""")]
    [InlineData("""{"type":"send","id":41,"data":{"id":7,""")]
    [InlineData("""{"id":41}""")]
    public async Task A_bad_frame_is_answered_with_its_id_where_that_can_be_read(string frame)
    {
        await using var client = await JoinAsync();

        await client.SendAsync(frame);

        Assert.Equal(("bad_frame", false), (await client.AnswerAsync(41)).Refusal());
    }

    [Fact]
    public async Task A_binary_message_is_a_bad_frame()
    {
        await using var client = await JoinAsync();

        await client.SendAsync(WireClient.Command(1), WebSocketMessageType.Binary);

        Assert.Equal("bad_frame", (await client.NextAsync("error")).Text("code"));
        await client.CommandAsync(1);
        Assert.False((await client.AnswerAsync(1)).Flag("dup"));
    }

    [Fact]
    public async Task Nesting_of_64_is_stored_and_comes_back()
    {
        await using var client = await JoinAsync();
        string data = new string('[', 64) + new string(']', 64);

        await client.CommandAsync(1, data: data);

        Assert.Equal(data, (await client.NextAsync("event")).GetProperty("data").GetRawText());
        await using var late = await JoinAsync(query: "?since=0");
        Assert.Equal(data, (await late.NextAsync("event")).GetProperty("data").GetRawText());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1.7976931348623157e308")]
    [InlineData("5e-324")]
    [InlineData("-0.0")]
    [InlineData("12345678901234567890123")]
    [InlineData(""" "\ud83d\ude00 \u2028 \" \\ \n" """)]
    [InlineData("""{"b":1,"a":[],"":{"x":null}}""")]
    public async Task Data_comes_back_as_an_equal_value_live_and_replayed(string data)
    {
        await using var client = await JoinAsync();
        await client.CommandAsync(1, data: data);
        var live = (await client.NextAsync("event")).GetProperty("data");
        await client.SendAsync("""{"type":"history","id":5,"after":0,"limit":1}""");
        var stored = (await client.AnswerAsync(5)).GetProperty("events")[0].GetProperty("data");

        var sent = JsonElement.Parse(data);
        Assert.True(JsonElement.DeepEquals(sent, live), live.GetRawText());
        Assert.True(JsonElement.DeepEquals(sent, stored), stored.GetRawText());
    }

    [Fact]
    public async Task Live_and_replayed_frames_agree()
    {
        await using var client = await JoinAsync();
        await client.CommandAsync(1, data: """{"b":1}""");
        var live = await client.NextAsync("event");
        await using var late = await JoinAsync(query: "?since=0");

        var replayed = await late.NextAsync("event");

        Assert.True(JsonElement.DeepEquals(live, replayed), $"{live.GetRawText()} and {replayed.GetRawText()}");
        Assert.True(Math.Abs(live.Number("at") - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()) < 60_000);
        Assert.NotNull(live.Text("member"));
    }

    [Fact]
    public async Task Every_type_asks_for_a_room_that_exists_and_is_joined()
    {
        await using var client = await WireClient.OpenAsync(server, "/rooms", server.Token("ann"));
        await client.SendAsync("""
            {"type":"join","id":1,"room":"Chat/x"}
            {"type":"send","id":2,"name":"n"}
            {"type":"send","id":3,"room":"relay/never","cmd":1,"name":"n"}
            {"type":"skip","id":4,"room":"relay/never","cmd":1}
            {"type":"leave","id":5,"room":"relay/never"}
            {"type":"join","id":6,"room":"nothing/x"}
            {"type":"what","id":7}
            {"type":"ping","id":8,"unknown":[1,{"x":2}]}
            """);

        string?[] told = new string?[8];
        for (int id = 1; id <= 8; id++)
        {
            told[id - 1] = (await client.AnswerAsync(id)).Refusal().Code;
        }

        Assert.Equal(["invalid_room", "invalid_room", "not_joined", "not_joined", "not_joined", "unknown_kind", "unknown_type", "pong"], told);
    }

    [Theory]
    [InlineData("/rooms/Chat/x", HttpStatusCode.BadRequest)]
    [InlineData("/rooms/relay/a%20b", HttpStatusCode.BadRequest)]
    [InlineData("/rooms/relay/%61", HttpStatusCode.BadRequest)]
    [InlineData("/rooms/relay/.", HttpStatusCode.BadRequest)]
    [InlineData("/rooms/relay/", HttpStatusCode.BadRequest)]
    [InlineData("/rooms/relay/0123456789012345678901234567890123456789012345678901234567890123x", HttpStatusCode.BadRequest)]
    public async Task A_socket_to_a_path_that_is_no_room_is_refused_as_http(string path, HttpStatusCode status)
    {
        using var client = new RawHttp(server.Port);

        var (answer, _, body) = await client.UpgradeAsync(path, server.Token("ann"));

        Assert.Equal((status, "invalid_room"), (answer, JsonElement.Parse(body).Text("code")));
    }
}
