using System.Text;
using System.Text.Json;

using EdgeRooms.Kinds;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Tests.Rooms;

namespace EdgeRooms.Tests.Protocol;

public sealed class GoldenClientFramesTests
{
    /// <summary>The fields of the frame, by name, that the reader keeps.</summary>
    static readonly Dictionary<string, Func<ClientFrame, object?>> Fields = new()
    {
        ["type"] = f => f.Type,
        ["id"] = f => f.Id,
        ["room"] = f => f.Room,
        ["name"] = f => f.Name,
        ["token"] = f => f.Token,
        ["session"] = f => f.Session,
        ["cmd"] = f => f.Cmd,
        ["since"] = f => f.Since,
        ["epoch"] = f => f.Epoch,
        ["history"] = f => f.History,
        ["after"] = f => f.After,
        ["limit"] = f => f.Limit,
    };

    public static IEnumerable<TheoryDataRow<string>> Good => GoldenFrame.Names("client");

    public static IEnumerable<TheoryDataRow<string>> Bad => GoldenFrame.Names("client-bad");

    [Theory]
    [MemberData(nameof(Good))]
    public void A_client_frame_is_read_as_it_stands(string file)
    {
        var golden = GoldenFrame.Of("client", file);
        var frame = golden.Frame!.Value;
        ReadOnlySpan<byte> message = Encoding.UTF8.GetBytes(golden.Text);

        var read = FrameReader.Read(ref message)!;

        Assert.True(message.IsEmpty);
        Assert.True(golden.Says(golden.Text), "'frame' is not what 'text' says.");
        foreach (var (field, value) in Fields)
        {
            Assert.Equal(frame.TryGetProperty(field, out var told) ? Plain(told) : "", $"{value(read)}");
        }

        string? data = frame.TryGetProperty("data", out var json) ? json.GetRawText() : null;
        Assert.Equal(data is null, read.Data.IsEmpty);
        Assert.True(data is null || JsonElement.DeepEquals(json, read.DataElement!.Value));
        Assert.Contains(Encoding.UTF8.GetString(read.Data.Span), golden.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_bad_client_frame_gets_its_code(string file)
    {
        var golden = GoldenFrame.Of("client-bad", file);
        await using var lab = await EngineLab.StartAsync(null, RoomKind.Of<RelayRoom>("chat", new RoomKindOptions()));
        var client = await lab.JoinAsync("alice", "chat/lobby");

        await client.SendAsync(golden.Text);
        var answer = await client.NextAsync("error");
        await client.SendAsync("""{"type":"ping","id":99}""");

        Assert.Equal(golden.Code, answer.GetProperty("code").GetString());
        Assert.False(answer.GetProperty("retry").GetBoolean());
        Assert.Equal(99, (await client.NextAsync("pong", "error")).GetProperty("id").GetInt32());
    }

    [Fact]
    public void Every_frame_type_has_its_texts()
    {
        string[] types = ["hello", "join", "leave", "skip", "send", "ephemeral", "presence", "history", "auth", "ping"];

        var told = GoldenFrame.All("client").Select(f => f.Frame!.Value.GetProperty("type").GetString()).ToHashSet();

        Assert.Equal(types.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Several_frames_in_a_message_are_read_in_order_and_a_bad_line_costs_itself_only()
    {
        ReadOnlySpan<byte> message = "{\"type\":\"ping\",\"id\":1}\n{\"type\":\"ping\",\"id\":1e999}\n{\"type\":\"ping\",\"id\":3}\n"u8;

        var first = FrameReader.Read(ref message);
        bool refused = false;
        try
        {
            FrameReader.Read(ref message);
        }
        catch (FrameException)
        {
            refused = true;
        }

        var third = FrameReader.Read(ref message);

        Assert.Equal(1, first!.Id);
        Assert.True(refused);
        Assert.Equal(3, third!.Id);
        Assert.Null(FrameReader.Read(ref message));
    }

    [Theory]
    [InlineData("{\"type\":\"ping\",\"id\":")]
    [InlineData("{\"type\":\"send\",\"data\":[1,")]
    [InlineData("{\"type\":\"ping\"")]
    [InlineData("{")]
    public void A_frame_that_is_cut_off_costs_only_its_own_line(string cut)
    {
        ReadOnlySpan<byte> message = Encoding.UTF8.GetBytes($"{cut}\n{{\"type\":\"ping\",\"id\":3}}");

        bool refused = false;
        try
        {
            FrameReader.Read(ref message);
        }
        catch (FrameException)
        {
            refused = true;
        }

        Assert.True(refused);
        Assert.Equal(3, FrameReader.Read(ref message)!.Id);
    }

    [Fact]
    public void An_escaped_field_is_the_same_field()
    {
        ReadOnlySpan<byte> message = """{"t\u0079pe":"ping","\u0069d":7}"""u8;

        var frame = FrameReader.Read(ref message)!;

        Assert.Equal(("ping", 7L), (frame.Type, frame.Id));
    }

    [Fact]
    public void Line_breaks_in_data_become_spaces()
    {
        ReadOnlySpan<byte> message = "{\"type\":\"send\",\"data\":[1,\r\n2]}"u8;

        Assert.Equal("[1,  2]", Encoding.UTF8.GetString(FrameReader.Read(ref message)!.Data.Span));
    }

    static string Plain(JsonElement told) => told.ValueKind == JsonValueKind.Null ? "" : told.ToString();
}
