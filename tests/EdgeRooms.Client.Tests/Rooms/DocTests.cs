using System.Text.Json;

using EdgeRooms.Client.Docs;
using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Rooms;

/// <summary>The shared document.</summary>
public sealed class DocTests
{
    [Theory]
    [InlineData("""{"a":1}""", "patched", """{"patch":{"a":null,"b":{"c":[1]}}}""", """{"b":{"c":[1]}}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", "patched", """{"patch":{"a":{"b":null}}}""", """{"a":{"c":2}}""")]
    [InlineData("""{"a":[1]}""", "patched", """{"patch":{"a":{"b":{"c":null}}}}""", """{"a":{"b":{}}}""")]
    [InlineData("{}", "set", """{"path":"/a/b","value":1}""", """{"a":{"b":1}}""")]
    [InlineData("""{"a":[1,2]}""", "set", """{"path":"/a/0","value":9}""", """{"a":[9,2]}""")]
    [InlineData("""{"a":[1]}""", "set", """{"path":"/a/-","value":null}""", """{"a":[1,null]}""")]
    [InlineData("""{"a":[1]}""", "set", """{"path":"/a/1/b","value":2}""", """{"a":[1,{"b":2}]}""")]
    [InlineData("""{"a":[1]}""", "set", """{"path":"/a/5","value":2}""", """{"a":[1]}""")]
    [InlineData("""{"a":1}""", "set", """{"path":"","value":{"b":2}}""", """{"b":2}""")]
    [InlineData("""{"a":1}""", "set", """{"path":"","value":[]}""", """{"a":1}""")]
    [InlineData("{}", "set", """{"path":"/~1~0","value":1}""", """{"/~":1}""")]
    [InlineData("""{"a":1}""", "renamed", """{"patch":{"a":2}}""", """{"a":1}""")]
    public void Events_change_it_by_the_servers_rules(string state, string name, string data, string expected)
    {
        var document = new Document(JsonElement.Parse(state));
        document.Apply(name, JsonElement.Parse(data));

        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), document.Read([])), document.Read([]).GetRawText());
    }

    [Fact]
    public async Task It_follows_the_events_and_its_changes_are_commands()
    {
        await using var all = Setup.Live(new { state = new { title = "Old", todo = new[] { "tea" } } });
        all.Connection.Say(Wire.Event(1, new { name = "patched", data = new { patch = new { title = "New" } } }));
        Assert.Equal("New", all.Room.Doc.Get("/title").GetString());
        all.Connection.Say(Wire.Event(2, new { name = "set", data = new { path = "/todo/-", value = "milk" } }));
        _ = all.Room.Doc.PatchAsync(JsonElement.Parse("""{"title":null}"""));
        _ = all.Room.Doc.SetAsync("/todo/0", JsonElement.Parse("\"coffee\""), ifSeq: 2);

        Assert.Equal("""["tea","milk"]""", all.Room.Doc.Get("/todo").GetRawText());
        Assert.Equal((JsonValueKind.Undefined, 2L), (all.Room.Doc.Get("/none/0").ValueKind, all.Room.StateSeq));
        Assert.Equal("""{"title":"New","todo":["tea","milk"]}""", all.Room.State.GetRawText());
        Assert.Equal(
            [("patch", """{"patch":{"title":null}}"""), ("set", """{"path":"/todo/0","value":"coffee","ifSeq":2}""")],
            all.Connection.All("send").Select(f => (f.Text("name")!, f.GetProperty("data").GetRawText())));
        Assert.Throws<ArgumentException>(() => all.Room.Doc.Get("title"));
    }

    [Fact]
    public async Task Asked_for_too_late_in_a_busy_room_it_is_refused_in_words()
    {
        await using var all = Setup.Live(new { state = new { } });
        for (long seq = 1; seq <= 501; seq++)
        {
            all.Connection.Say(Wire.Event(seq, new { name = "set", data = new { path = "/n", value = seq } }));
        }

        Assert.Equal("state_lost", Assert.Throws<EdgeRoomsException>(() => all.Room.Doc.Get()).Code);
    }
}
