using System.Text.Json;

using EdgeRooms.Client.Protocol;
using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Protocol;

/// <summary>The frames that server and clients share (tests/Golden).</summary>
public sealed class GoldenTests
{
    /// <summary>What servers take and this client does not write: an epoch as a number, fields of others.</summary>
    static readonly string[] NotWritten = ["join-epoch-number.json"];
    static readonly JsonSerializerOptions CamelCase = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, MaxDepth = 128 };

    public static TheoryData<string> ServerFrames => Files("server");

    public static TheoryData<string> ClientFrames => Files("client");

    public static TheoryData<string> BadFrames => Files("client-bad");

    [Theory]
    [MemberData(nameof(ServerFrames))]
    public void Every_field_of_a_servers_frame_is_read(string file)
    {
        var golden = Read("server", file);
        var frame = Assert.Single(FrameReader.Read(System.Text.Encoding.UTF8.GetBytes(golden.Text("text")!)));

        foreach (var field in golden.GetProperty("frame").EnumerateObject())
        {
            var known = FrameJson.Default.ServerFrame.Properties.SingleOrDefault(p => p.Name == field.Name);
            Assert.True(known is not null, $"{field.Name} is not known");
            AssertHolds(field.Value, known.Get!(frame));
        }
    }

    [Theory]
    [MemberData(nameof(ClientFrames))]
    public void A_clients_frame_is_written_as_it_should_be(string file)
    {
        if (NotWritten.Contains(file))
        {
            return;
        }

        var golden = Read("client", file).GetProperty("frame");
        var written = JsonElement.Parse(FrameWriter.Write(golden.Deserialize<ClientFrame>(CamelCase)!).Span, new JsonDocumentOptions { MaxDepth = 128 });

        var expected = golden.EnumerateObject().Where(f => f.Name != "v" && (f.Value.ValueKind != JsonValueKind.Null || f.Name == "data")).ToList();
        Assert.Equal(expected.Count, written.EnumerateObject().Count());
        Assert.All(expected, field => Assert.True(JsonElement.DeepEquals(field.Value, written.GetProperty(field.Name)), field.Name));
    }

    [Theory]
    [MemberData(nameof(ServerFrames))]
    public async Task A_command_is_answered_by_each_ack_and_error(string file)
    {
        var frame = Read("server", file).GetProperty("frame");
        if (frame.Text("type") is not ("ack" or "error"))
        {
            return;
        }

        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("add");
        var send = all.Connection.Take("send")[0];
        all.Connection.Say(Wire.Merge(System.Text.Json.Nodes.JsonNode.Parse(frame.GetRawText())!, new { id = send.Number("id"), room = Wire.Room, cmd = 1 }).ToJsonString());

        Assert.Equal(Expected(frame), sent.Outcome());
    }

    [Theory]
    [MemberData(nameof(ServerFrames))]
    public async Task A_client_in_the_room_hears_each_frame_of_it_and_no_other_disturbs(string file)
    {
        var golden = Read("server", file);
        var frame = golden.GetProperty("frame");
        string id = frame.Text("room") ?? Wire.Room;
        await using var all = new Setup();
        var room = all.Client.Room(id);
        var heard = new Heard(room);
        long seq = frame.Number("seq") ?? 1;
        var connection = all.Server.Next().LetIn(new { seq = seq - 1, epoch = frame.Text("epoch") ?? "1", member = "m-alice", members = Array.Empty<object>() });
        connection.Say(golden.Text("text")!);

        switch (frame.Text("type"))
        {
            case "event":
                var heardEvent = Assert.Single(await heard.EventsAsync(1));
                Assert.Equal((seq, frame.Text("name"), frame.Text("by")), (heardEvent.Seq, heardEvent.Name, heardEvent.By));
                Assert.Equal((frame.Text("member"), frame.Number("cmd"), frame.Number("at")), (heardEvent.Member, heardEvent.Cmd, heardEvent.At.ToUnixTimeMilliseconds()));
                AssertHolds(frame.GetProperty("data"), heardEvent.Data);
                break;
            case "reset":
                Assert.Equal(new RoomReset(frame.Text("reason")!, frame.Text("epoch")!, seq), Assert.Single(heard.Resets));
                break;
            case "ephemeral":
                Assert.Equal((frame.Text("name"), frame.Text("by"), frame.Text("member")), (heard.Said[0].Name, heard.Said[0].By, heard.Said[0].Member));
                break;
            case "members":
                Assert.Equal(2, heard.Members.Count);
                break;
            case "left" when frame.Number("id") is null:
                Assert.Equal(RoomStatus.Closed, room.Status);
                break;
            case "goaway":
                all.Reconnected();
                Assert.InRange(all.NowMs, frame.Number("minDelayMs")!.Value, frame.Number("maxDelayMs")!.Value + 10);
                break;
            case "head":
                Assert.Equal(seq - 1, Assert.Single(connection.Take("history")).Number("after"));
                break;
            default:
                Assert.Equal(RoomStatus.Live, room.Status);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(BadFrames))]
    public async Task This_client_does_not_send_what_the_server_would_refuse(string file)
    {
        if (Command(Read("client-bad", file).Text("text")!) is not { } bad)
        {
            return; // not of data: this client cannot be made to write it
        }

        await using var all = Setup.Live();
        Assert.Equal("bad_frame", all.Room.SendAsync(bad.Name, bad.Data).Outcome());
        Assert.Empty(all.Connection.Take("send"));
    }

    [Theory]
    [InlineData("""["\\u0000","[[[[","\\","😀",0.0,-0,0e5,1.7976931348623157e308,5e-324]""")]
    [InlineData("""{"a":{"b":[]},"":null}""")]
    public async Task What_only_looks_bad_is_sent(string data)
    {
        await using var all = Setup.Live();
        _ = all.Room.SendAsync("a", JsonElement.Parse(data));
        Assert.Single(all.Connection.Take("send"));
    }

    [Fact]
    public async Task Data_of_the_deepest_kind_is_heard_also_in_a_page()
    {
        string data = new string('[', 64) + new string(']', 64);
        string Deep(long seq) => $$"""{"type":"event","room":"chat/lobby","seq":{{seq}},"name":"n","data":{{data}},"by":null,"at":1}""";
        await using var all = Setup.Live();
        _ = all.Room.SendAsync("a", JsonElement.Parse(data));
        all.Connection.Say(Deep(1), Deep(3));
        var ask = all.Connection.Take("history")[0];
        all.Connection.Say($$"""{"type":"page","id":{{ask.Number("id")}},"room":"chat/lobby","events":[{{Deep(2)}},{{Deep(3)}}],"more":false}""");

        Assert.Equal([1, 2, 3], await all.Heard.SeqsAsync(3));
        Assert.Single(all.Connection.Take("send"));
    }

    [Fact]
    public async Task A_frame_over_the_servers_limit_is_refused_at_once()
    {
        await using var all = Setup.Live();
        Assert.Equal("too_large", all.Room.SendAsync("a", JsonElement.Parse($"\"{new string('x', 70 * 1024)}\"")).Outcome());
    }

    static string Expected(JsonElement frame) => frame.Text("type") == "error"
        ? frame.GetProperty("retry").GetBoolean() || frame.Text("code") is "not_joined" or "gone" ? "open" : frame.Text("code")!
        : frame.TryGetProperty("skipped", out _) ? "cancelled"
        : frame.TryGetProperty("refused", out _) ? "rejected" : $"seq {frame.Number("seq")}";

    static (string Name, JsonElement Data)? Command(string text)
    {
        try
        {
            var frame = JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = 200, AllowDuplicateProperties = false });
            bool isWhole = frame.ValueKind == JsonValueKind.Object && frame.Text("type") == "send" && frame.Text("name") is not null
                && frame.Number("cmd") is not 0 && (frame.Text("room") ?? Wire.Room) == Wire.Room;
            bool isOfData = isWhole && frame.EnumerateObject().All(f => f.Name is "type" or "id" or "room" or "cmd" or "name" or "data")
                && (!frame.TryGetProperty("id", out var id) || (id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out _)));
            return isOfData ? (frame.Text("name")!, frame.TryGetProperty("data", out var data) ? data : default) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    static void AssertHolds(JsonElement expected, object? value)
    {
        if (value is IEnumerable<ServerFrame> events)
        {
            Assert.Equal(expected.EnumerateArray().Select(e => e.Number("seq")), events.Select(e => (long?)e.Seq));
            return;
        }

        var actual = value is JsonElement element ? element : JsonSerializer.SerializeToElement(value, CamelCase);
        Assert.True(JsonElement.DeepEquals(expected, actual), $"{expected.GetRawText()} was read as {actual.GetRawText()}");
    }

    static TheoryData<string> Files(string folder) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden", folder), "*.json").Select(f => Path.GetFileName(f)).Order()];

    static JsonElement Read(string folder, string file) => JsonElement.Parse(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", folder, file)), new JsonDocumentOptions { MaxDepth = 200 });
}
