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

        Assert.Equal("""["coffee","milk"]""", all.Room.Doc.Get("/todo").GetRawText());
        Assert.Equal((JsonValueKind.Undefined, 2L), (all.Room.Doc.Get("/none/0").ValueKind, all.Room.StateSeq));
        Assert.Equal("""{"todo":["coffee","milk"]}""", all.Room.State.GetRawText());
        Assert.Equal(
            [("patch", """{"patch":{"title":null}}"""), ("set", """{"path":"/todo/0","value":"coffee","ifSeq":2}""")],
            all.Connection.All("send").Select(f => (f.Text("name")!, f.GetProperty("data").GetRawText())));
        Assert.Throws<ArgumentException>(() => all.Room.Doc.Get("title"));
    }

    [Fact]
    public async Task Own_changes_show_at_once_others_are_merged_under_them_and_a_refused_one_disappears()
    {
        await using var all = Setup.Live(new { state = new { title = "Old" } });
        var heard = new List<string>();
        using var subscription = all.Room.Doc.Subscribe("/title", (title, seq) => heard.Add($"{title} at {seq}"));
        _ = all.Room.Doc.SetAsync("/title", JsonElement.Parse("\"Mine\""));
        var refused = all.Room.Doc.SetAsync("/n", JsonElement.Parse("1"));
        var sent = all.Connection.Take("send");
        all.Connection.Say(Wire.Event(1, new { name = "patched", data = new { patch = new { title = "Theirs", by = "bob" } } }));
        Assert.Equal("""{"title":"Mine","by":"bob","n":1}""", all.Room.Doc.Get().GetRawText());
        all.Connection.Say(
            Wire.Event(2, new { name = "set", data = new { path = "/title", value = "Mine" }, member = "m1", cmd = 1 }),
            Wire.Ack(sent[0], 2),
            Wire.Refusal(sent[1], "rejected", retry: false));

        Assert.Equal("rejected", refused.Outcome());
        Assert.Equal("""{"title":"Mine","by":"bob"}""", all.Room.Doc.Get().GetRawText());
        Assert.Equal(["Old at 0", "Mine at 0"], heard);
    }

    [Fact]
    public async Task A_subscription_tells_what_becomes_another_until_it_is_disposed_of()
    {
        await using var all = new Setup();
        var doc = all.Open().Doc;
        var heard = new List<string>();
        var subscription = doc.Subscribe("/a", (value, seq) => heard.Add($"{value} at {seq}"));
        Assert.Empty(heard);
        var connection = all.Server.Next().LetIn(new { state = new { b = 1 } });
        connection.Say(Wire.Event(1, new { name = "set", data = new { path = "/b", value = 2 } }), Wire.Event(2, new { name = "set", data = new { path = "/a", value = 3 } }));
        subscription.Dispose();
        connection.Say(Wire.Event(3, new { name = "set", data = new { path = "/a", value = 4 } }));

        Assert.Equal([" at 0", "3 at 2"], heard);
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
