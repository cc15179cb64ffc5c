using System.Text.Json;
using System.Xml.Linq;

using EdgeRooms.Rooms;
using EdgeRooms.Tests.Rooms;

namespace EdgeRooms.Tests.Examples;

/// <summary>The examples that authors read first are the files beside this one, which compile, and they play.</summary>
public sealed class ExamplesTests
{
    [Fact]
    public void The_README_shows_the_room_that_is_compiled_here() =>
        Assert.Contains(Words(WithoutNamespace("ReadmeRoom.cs")), Words(Read("README.md")), StringComparison.Ordinal);

    [Fact]
    public void The_summary_of_Room_shows_the_room_that_is_compiled_here()
    {
        var documented = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "EdgeRooms.xml")).Descendants("member")
            .Single(m => (string?)m.Attribute("name") == "T:EdgeRooms.Room`1");

        Assert.Equal(Words(WithoutNamespace("DocstringRoom.cs")), Words(documented.Element("summary")!.Element("code")!.Value));
    }

    [Fact]
    public async Task The_READMEs_room_plays_as_it_says()
    {
        await using var lab = await EngineLab.StartAsync(null, RoomKind.Of<Readme.Counter>("counter", new RoomKindOptions()));
        var alice = await lab.JoinAsync("alice", "counter/demo");
        var bob = await lab.JoinAsync("bob", "counter/demo");

        await alice.AddAsync(1, 3);
        var ack = await alice.NextAsync("ack");
        var heard = await bob.NextAsync("event");
        await alice.AddAsync(2, 0);
        var refused = await alice.NextAsync("error");

        Assert.Equal("""{"value":3}""", ack.GetProperty("result").GetRawText());
        Assert.Equal("added", heard.GetProperty("name").GetString());
        Assert.Equal("""{"by":3}""", heard.GetProperty("data").GetRawText());
        Assert.Equal("rejected", refused.GetProperty("code").GetString());
        Assert.Equal("Adding nothing changes nothing.", refused.GetProperty("message").GetString());
    }

    [Fact]
    public async Task The_summarys_room_plays()
    {
        await using var lab = await EngineLab.StartAsync(null, RoomKind.Of<Docstring.Counter>("counter", new RoomKindOptions()));
        var alice = await lab.JoinAsync("alice", "counter/demo");

        await alice.AddAsync(1, 2);
        await alice.AddAsync(2, 5);
        await alice.NextAsync("ack");
        await alice.NextAsync("ack");
        await alice.SendAsync("""{"type":"join","id":9}""");
        var joined = await alice.NextAsync("joined");

        Assert.Equal(2, joined.GetProperty("seq").GetInt64());
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""{"value":7}"""), joined.GetProperty("state")));
    }

    static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Examples", file));

    static string WithoutNamespace(string file) => string.Join('\n', Read(file).Split('\n').Where(l => !l.StartsWith("namespace ", StringComparison.Ordinal)));

    static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
