using System.Text;
using System.Text.Json;

using EdgeRooms.Kinds;

namespace EdgeRooms.Tests.Kinds;

public sealed class RelayRoomTests
{
    [Fact]
    public async Task A_command_becomes_an_event_of_its_name_and_its_very_bytes()
    {
        var room = new RelayRoom();
        var turn = new RoomTurn(room);

        await room.OnCommand(RoomTurn.User("alice"), "say", """{"text": "hé", "n":1.0}"""u8.ToArray());

        var posted = Assert.IsType<Posted>(Assert.Single(turn.Events));
        Assert.Equal("say", posted.Name);
        Assert.Equal("""{"text": "hé", "n":1.0}""", posted.Data.ToString());
    }

    [Fact]
    public async Task A_command_without_data_has_null()
    {
        var room = new RelayRoom();
        var turn = new RoomTurn(room);

        await room.OnCommand(RoomTurn.User("alice"), "wave", default);

        Assert.Equal("null", ((Posted)turn.Events.Single()).Data.ToString());
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A_z.0:9-", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("é", false)]
    [InlineData("a\n", false)]
    public async Task Names_are_of_a_few_characters(string name, bool good)
    {
        var room = new RelayRoom();
        var turn = new RoomTurn(room);

        var refusal = await Record.ExceptionAsync(async () => await room.OnCommand(RoomTurn.User("alice"), name, default));

        Assert.Equal(good, refusal is null);
        Assert.True(good || refusal is RejectedException);
        Assert.Equal(good ? 1 : 0, turn.Events.Count);
    }

    [Fact]
    public void A_name_of_64_characters_is_the_longest()
    {
        Assert.True(RelayRoom.IsName(new string('a', 64)));
        Assert.False(RelayRoom.IsName(new string('a', 65)));
    }

    [Fact]
    public void Raw_JSON_is_written_as_it_is_and_kept_when_read()
    {
        var posted = new Posted("say", new RawJson("""{"b":1.50,"a":"\u00e9"}"""u8.ToArray()));

        string json = JsonSerializer.Serialize(posted, JsonSerializerOptions.Web);
        var read = JsonSerializer.Deserialize<Posted>(json, JsonSerializerOptions.Web);

        Assert.Equal("""{"name":"say","data":{"b":1.50,"a":"\u00e9"}}""", json);
        Assert.Equal(posted, read);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("\"x\"")]
    [InlineData("[1,null]")]
    public void Every_kind_of_value_survives(string data)
    {
        string json = $$"""{"name":"n","data":{{data}}}""";

        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize<Posted>(json, JsonSerializerOptions.Web), JsonSerializerOptions.Web));
    }

    [Fact]
    public void Missing_data_reads_as_null() =>
        Assert.Equal("null", JsonSerializer.Deserialize<Posted>("""{"name":"n"}""", JsonSerializerOptions.Web)!.Data.ToString());

    [Fact]
    public void A_pretty_print_stays_on_one_line()
    {
        var raw = new RawJson(Encoding.UTF8.GetBytes("{\r\n  \"a\": \"x\\ny\"\n}"));

        Assert.Equal("{    \"a\": \"x\\ny\" }", raw.ToString());
    }
}
