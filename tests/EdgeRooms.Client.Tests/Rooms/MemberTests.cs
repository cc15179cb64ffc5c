using System.Text.Json;

using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Rooms;

/// <summary>Members, presence and what is not stored.</summary>
public sealed class MemberTests
{
    static readonly object Me = new { member = "m1", user = "ada", data = (object?)null };

    [Fact]
    public async Task Members_are_kept_up_to_date()
    {
        await using var all = Setup.Live();
        var bob = new { member = "m2", user = "bob", data = 1 };
        all.Connection.Say(
            new { type = "members", room = Wire.Room, joined = new[] { new { member = "m2", user = "bob", data = (object?)null } } },
            new { type = "members", room = Wire.Room, updated = new[] { bob } });
        Assert.Equal([("ada", "null"), ("bob", "1")], all.Room.Members.Select(m => (m.User, m.Data.GetRawText())));
        all.Connection.Say(new { type = "members", room = Wire.Room, left = new[] { bob } });

        Assert.Equal("ada", Assert.Single(all.Room.Members).User);
        Assert.Equal([1, 2, 2, 1], all.Heard.Members.Select(m => m.Count));
        Assert.Equal("m1", all.Room.Me);
    }

    [Fact]
    public async Task A_whole_list_drops_who_left_unheard_and_keeps_me()
    {
        await using var all = Setup.Live(new { members = new[] { Me, new { member = "m2", user = "bob", data = (object?)null } } });
        all.Connection.Say(new { type = "members", room = Wire.Room, all = true, joined = new[] { new { member = "m3", user = "eve", data = (object?)null } } });

        Assert.Equal(["ada", "eve"], all.Room.Members.Select(m => m.User));
    }

    [Fact]
    public async Task Ephemerals_and_presence_go_while_live_and_presence_comes_along_at_the_next_join()
    {
        await using var all = Setup.Live();
        all.Connection.Say(new { type = "ephemeral", room = Wire.Room, name = "cursor", data = new { x = 1 }, by = "bob", member = "m2" });
        await all.Room.EphemeralAsync("cursor", JsonElement.Parse("""{"x":2}"""));
        await all.Room.PresenceAsync(JsonElement.Parse("""{"mood":"glad"}"""));
        all.Connection.Drop();
        await all.Room.EphemeralAsync("cursor", JsonElement.Parse("""{"x":3}"""));
        var second = all.Reconnected();

        Assert.Equal("""{"type":"ephemeral","room":"chat/lobby","name":"cursor","data":{"x":2}}""", Assert.Single(all.Connection.All("ephemeral")).GetRawText());
        Assert.Single(all.Connection.All("presence"));
        Assert.Equal("""{"mood":"glad"}""", second.All("join")[0].GetProperty("data").GetRawText());
        Assert.Empty(second.All("ephemeral"));
        var said = Assert.Single(all.Heard.Said);
        Assert.Equal(("cursor", """{"x":1}""", "bob", "m2"), (said.Name, said.Data.GetRawText(), said.By, said.Member));
    }
}
