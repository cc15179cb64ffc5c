using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>The built-in kinds over the wire.</summary>
public sealed class DocTests(RunningServer server) : IClassFixture<RunningServer>
{
    static int _tests;

    readonly string _room = $"d{Interlocked.Increment(ref _tests)}";

    async Task<WireClient> JoinAsync(string kind = "doc", string user = "ann")
    {
        var client = await WireClient.OpenAsync(server, $"/rooms/{kind}/{_room}", server.Token(user));
        await client.NextAsync("joined");
        return client;
    }

    async Task<JsonElement> StateAsync(string kind = "doc", string query = "")
    {
        var (_, body) = await server.SendAsync(HttpMethod.Get, $"/rooms/{kind}/{_room}{query}", "ann");
        return JsonElement.Parse(body).GetProperty("state");
    }

    static async Task<(string? Code, bool Retry)> TellAsync(WireClient client, long cmd, string name, string data)
    {
        await client.CommandAsync(cmd, name, data);
        return (await client.AnswerAsync(cmd)).Refusal();
    }

    [Fact]
    public async Task A_patch_merges_and_null_removes()
    {
        await using var client = await JoinAsync();
        await TellAsync(client, 1, "patch", """{"patch":{"a":{"b":1,"c":2},"d":[1,2]}}""");
        await TellAsync(client, 2, "patch", """{"patch":{"a":{"b":null},"d":[3]}}""");

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""{"a":{"c":2},"d":[3]}"""), await StateAsync()));
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""{"a":{"b":1,"c":2},"d":[1,2]}"""), await StateAsync(query: "?at=1")));
        var patched = client.Seen.Last(f => f.Text("type") == "event");
        Assert.Equal("patched", patched.Text("name"));
        Assert.Equal("""{"a":{"b":null},"d":[3]}""", patched.GetProperty("data").GetProperty("patch").GetRawText());
    }

    [Fact]
    public async Task A_set_makes_missing_parents_and_appends_by_a_dash()
    {
        await using var client = await JoinAsync();
        await TellAsync(client, 1, "set", """{"path":"/a/b/c","value":[1]}""");
        await TellAsync(client, 2, "set", """{"path":"/a/b/c/-","value":2}""");
        await TellAsync(client, 3, "set", """{"path":"/a/b/c/0","value":null}""");
        await TellAsync(client, 4, "set", """{"path":"/x~1y~0z","value":true}""");

        Assert.Equal("""{"a":{"b":{"c":[null,2]}},"x/y~z":true}""", (await StateAsync()).GetRawText());
        var set = client.Seen.First(f => f.Text("type") == "event");
        Assert.Equal(("set", "/a/b/c"), (set.Text("name"), set.GetProperty("data").Text("path")));
    }

    [Theory]
    [InlineData("set", """{"path":"/list/3","value":1}""")]
    [InlineData("set", """{"path":"/list/-1","value":1}""")]
    [InlineData("set", """{"path":"/list/x","value":1}""")]
    [InlineData("set", """{"path":"list","value":1}""")]
    [InlineData("set", """{"path":"","value":[1]}""")]
    [InlineData("set", """{"path":"/list/0/x","value":1}""")]
    [InlineData("set", """{"path":"/list"}""")]
    [InlineData("set", """{"value":1}""")]
    [InlineData("patch", """{"patch":[1]}""")]
    [InlineData("patch", "{}")]
    [InlineData("patch", "null")]
    [InlineData("nothing", "{}")]
    public async Task What_the_document_does_not_take_is_rejected_and_changes_nothing(string name, string data)
    {
        await using var client = await JoinAsync();
        await TellAsync(client, 1, "set", """{"path":"/list","value":[1,2]}""");

        Assert.Equal(("rejected", false), await TellAsync(client, 2, name, data));

        Assert.Equal("""{"list":[1,2]}""", (await StateAsync()).GetRawText());
    }

    [Fact]
    public async Task An_ifSeq_below_the_last_change_at_above_or_under_the_path_is_rejected()
    {
        await using var client = await JoinAsync();
        await TellAsync(client, 1, "set", """{"path":"/a/b","value":1}""");
        await TellAsync(client, 2, "set", """{"path":"/c","value":1}""");

        Assert.Equal(("rejected", false), await TellAsync(client, 3, "set", """{"path":"/a/b","value":2,"ifSeq":0}"""));
        Assert.Equal(("rejected", false), await TellAsync(client, 4, "set", """{"path":"/a","value":{},"ifSeq":0}"""));
        Assert.Equal(("rejected", false), await TellAsync(client, 5, "set", """{"path":"/c/d","value":2,"ifSeq":1}"""));
        Assert.Equal(("ack", false), await TellAsync(client, 6, "set", """{"path":"/a/b","value":2,"ifSeq":1}"""));
        Assert.Equal(("ack", false), await TellAsync(client, 7, "set", """{"path":"/new","value":2,"ifSeq":0}"""));
    }

    [Fact]
    public async Task A_counter_counts_and_keeps_to_64_bits()
    {
        await using var client = await JoinAsync("counter");
        await TellAsync(client, 1, "add", """{"by":9223372036854775807}""");

        Assert.Equal(("rejected", false), await TellAsync(client, 2, "add", """{"by":1}"""));
        Assert.Equal(("rejected", false), await TellAsync(client, 3, "add", "{}"));
        Assert.Equal(("rejected", false), await TellAsync(client, 4, "add", """{"by":1.5}"""));
        Assert.Equal(("ack", false), await TellAsync(client, 5, "add", """{"by":-9223372036854775807}"""));
        Assert.Equal(0, (await StateAsync("counter")).Number("value"));
    }

    [Fact]
    public async Task Tictactoe_is_played_in_turns_to_its_end()
    {
        await using var ann = await JoinAsync("tictactoe");
        await using var bob = await JoinAsync("tictactoe", "bob");
        Assert.Equal(("ack", false), await TellAsync(ann, 1, "play", """{"cell":0}"""));
        Assert.Equal(("rejected", false), await TellAsync(ann, 2, "play", """{"cell":1}"""));
        Assert.Equal(("rejected", false), await TellAsync(bob, 1, "play", """{"cell":0}"""));
        Assert.Equal(("rejected", false), await TellAsync(bob, 2, "play", """{"cell":9}"""));
        await TellAsync(bob, 3, "play", """{"cell":3}""");
        await TellAsync(ann, 3, "play", """{"cell":1}""");
        await TellAsync(bob, 4, "play", """{"cell":4}""");
        await TellAsync(ann, 4, "play", """{"cell":2}""");

        var state = await StateAsync("tictactoe");

        Assert.Equal(("X", "ann", "bob"), (state.Text("winner"), state.GetProperty("players").Text("X"), state.GetProperty("players").Text("O")));
        Assert.Equal(("rejected", false), await TellAsync(bob, 5, "play", """{"cell":5}"""));
        var played = ann.Seen.First(f => f.Text("type") == "event").GetProperty("data");
        Assert.Equal((0, "X", "ann"), (played.Number("cell"), played.Text("mark"), played.Text("user")));
    }

    [Fact]
    public async Task A_room_with_data_that_is_refused_costs_its_neighbours_nothing()
    {
        await using var client = await WireClient.OpenAsync(server, "/rooms", server.Token("ann"));
        for (int room = 1; room <= 10; room++)
        {
            await client.SendAsync($$"""{"type":"join","id":{{room}},"room":"relay/{{_room}}-{{room}}"}""");
        }

        await client.AnswerAsync(10);
        string[] bad = ["\"\\u0000\"", "\"\\ud800\"", "1e400", new string('[', 100) + new string(']', 100)];
        int id = 0;
        for (int round = 1; round <= 20; round++)
        {
            var frames = Enumerable.Range(1, 10).Select(room => WireClient.Command(round, data: room == 1 ? bad[round % 4] : "1", room: $"relay/{_room}-{room}"));
            await client.SendAsync(string.Join('\n', frames.Select(f => f.Replace("\"id\":", $"\"id\":{++id},\"was\":", StringComparison.Ordinal))));
        }

        int acks = 0, refused = 0;
        while (acks + refused < 200)
        {
            var frame = (await client.NextAsync())!.Value;
            acks += frame.Text("type") == "ack" ? 1 : 0;
            refused += frame.Text("code") == "bad_frame" ? 1 : 0;
        }

        Assert.Equal((180, 20), (acks, refused));
    }
}
