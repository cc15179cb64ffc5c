using System.Diagnostics;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>Who is in a room: what each is told of the others, and when one whose socket broke is gone.</summary>
public sealed class MemberTests(GraceServer server) : IClassFixture<GraceServer>
{
    static int _tests;
    readonly string _room = $"m{Interlocked.Increment(ref _tests)}";

    Task<WireClient> OpenAsync(string user, string query = "") => WireClient.OpenAsync(server, $"/rooms/relay/{_room}{query}", server.Token(user));

    [Fact]
    public async Task Joined_lists_everybody_and_members_speaks_of_the_others_only()
    {
        await using var ann = await OpenAsync("ann");
        var annJoined = await ann.NextAsync("joined");
        await using var bob = await OpenAsync("bob");
        var bobJoined = await bob.NextAsync("joined");
        await ann.SendAsync("""{"type":"presence","data":{"at":1}}""");
        var updated = (await bob.NextAsync("members")).GetProperty("updated")[0];
        await bob.SendAsync("""{"type":"leave","id":1}""");
        await bob.NextAsync("left");

        var joined = (await ann.NextAsync("members")).GetProperty("joined")[0];
        var left = (await ann.NextAsync("members")).GetProperty("left")[0];
        await ann.SendAsync("""{"type":"ping"}""");
        await ann.NextAsync("pong");

        string bobId = bobJoined.Text("member")!, annId = annJoined.Text("member")!;
        Assert.Equal([annId], annJoined.GetProperty("members").EnumerateArray().Select(m => m.Text("member")));
        Assert.Equal([annId, bobId], bobJoined.GetProperty("members").EnumerateArray().Select(m => m.Text("member")).Order(Comparer<string?>.Create((a, _) => a == annId ? -1 : 1)));
        Assert.Equal((bobId, "bob"), (joined.Text("member"), joined.Text("user")));
        Assert.Equal((annId, 1L), (updated.Text("member"), updated.GetProperty("data").Number("at")));
        Assert.Equal(bobId, left.Text("member"));
        Assert.DoesNotContain(ann.Seen, f => f.Text("type") == "members" && f.GetRawText().Contains(annId, StringComparison.Ordinal));
        Assert.DoesNotContain(bob.Seen, f => f.Text("type") == "members" && f.GetRawText().Contains(bobId, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Presence_data_comes_with_the_join_and_is_replaced_by_presence()
    {
        await using var ann = await WireClient.OpenAsync(server, "/rooms", server.Token("ann"));
        await ann.SendAsync($$"""{"type":"join","id":1,"data":{"name":"A"},"room":"relay/{{_room}}"}""");
        await ann.AnswerAsync(1);
        await using var bob = await OpenAsync("bob");
        var first = (await bob.NextAsync("joined")).GetProperty("members").EnumerateArray().Single(m => m.Text("user") == "ann");
        await ann.SendAsync($$"""{"type":"presence","room":"relay/{{_room}}","data":null}""");
        var second = (await bob.NextAsync("members")).GetProperty("updated")[0];
        await using var carl = await OpenAsync("carl");
        var third = (await carl.NextAsync("joined")).GetProperty("members").EnumerateArray().Single(m => m.Text("user") == "ann");

        Assert.Equal("A", first.GetProperty("data").Text("name"));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("data").ValueKind);
        Assert.Equal(JsonValueKind.Null, third.GetProperty("data").ValueKind);
    }

    [Fact]
    public async Task Joining_again_answers_and_replays_nothing()
    {
        await using var ann = await OpenAsync("ann");
        var joined = await ann.NextAsync("joined");
        await ann.BurstAsync(1, 3);

        await ann.SendAsync("""{"type":"join","id":7,"since":0}""" + "\n" + """{"type":"ping","id":8}""");
        var again = await ann.AnswerAsync(7);
        await ann.CommandAsync(9);
        await ann.AnswerAsync(9);

        Assert.Equal(("joined", joined.Text("member"), 3L), (again.Text("type"), again.Text("member"), again.Number("seq")));
        Assert.Equal([1, 2, 3, 4], ann.Seen.Where(f => f.Text("type") == "event").Select(e => e.Number("seq")));
    }

    [Fact]
    public async Task One_whose_socket_broke_leaves_after_the_grace_and_one_who_closed_leaves_at_once()
    {
        await using var watcher = await OpenAsync("eve");
        await watcher.NextAsync("joined");
        await using var broken = await OpenAsync("ann");
        await broken.NextAsync("joined");
        await using var closed = await OpenAsync("bob");
        await closed.NextAsync("joined");
        await watcher.NextAsync("members");
        await watcher.NextAsync("members");

        var since = Stopwatch.StartNew();
        broken.Drop();
        await closed.CloseAsync();
        var first = (await watcher.NextAsync("members")).GetProperty("left")[0];
        var second = (await watcher.NextAsync("members")).GetProperty("left")[0];

        Assert.Equal(("bob", "ann"), (first.Text("user"), second.Text("user")));
        Assert.True(since.Elapsed > GraceServer.Grace - TimeSpan.FromMilliseconds(50), $"left after {since.Elapsed}");
    }

    [Fact]
    public async Task Back_within_the_grace_nobody_is_told_and_the_member_is_the_same()
    {
        await using var watcher = await OpenAsync("eve");
        await watcher.NextAsync("joined");
        var broken = await OpenAsync("ann");
        string session = (await broken.NextAsync("welcome")).Text("session")!;
        string member = (await broken.NextAsync("joined")).Text("member")!;
        await watcher.NextAsync("members");
        broken.Drop();

        await using var back = await OpenAsync("ann", $"?session={session}&since=0");

        Assert.Equal(member, (await back.NextAsync("joined")).Text("member"));
        await using var last = await OpenAsync("zoe");
        await last.NextAsync("joined");
        await last.CloseAsync();
        Assert.Equal("zoe", (await watcher.NextAsync("members")).GetProperty("joined")[0].Text("user"));
        Assert.Equal("zoe", (await watcher.NextAsync("members")).GetProperty("left")[0].Text("user"));
    }

    [Fact]
    public async Task Back_after_the_grace_it_is_a_join_anew_by_the_same_member()
    {
        await using var watcher = await OpenAsync("eve");
        await watcher.NextAsync("joined");
        var broken = await OpenAsync("ann");
        string session = (await broken.NextAsync("welcome")).Text("session")!;
        string member = (await broken.NextAsync("joined")).Text("member")!;
        await watcher.NextAsync("members");
        broken.Drop();
        Assert.Equal(member, (await watcher.NextAsync("members")).GetProperty("left")[0].Text("member"));

        await using var back = await OpenAsync("ann", $"?session={session}&since=0");
        await back.NextAsync("joined");

        Assert.Equal(member, (await watcher.NextAsync("members")).GetProperty("joined")[0].Text("member"));
    }

    [Fact]
    public async Task An_ephemeral_reaches_all_others_in_the_room_and_leaves_no_trace()
    {
        await using var ann = await OpenAsync("ann");
        string member = (await ann.NextAsync("joined")).Text("member")!;
        await using var other = await OpenAsync("ann");
        await other.NextAsync("joined");
        await using var bob = await OpenAsync("bob");
        await bob.NextAsync("joined");

        await ann.SendAsync("""{"type":"ephemeral","name":"cursor","data":{"x":1}}""");
        var first = await other.NextAsync("ephemeral");
        var second = await bob.NextAsync("ephemeral");
        await ann.CommandAsync(1);
        var ack = await ann.AnswerAsync(1);

        Assert.All([first, second], e => Assert.Equal(("cursor", "ann", member, 1L),
            (e.Text("name"), e.Text("by"), e.Text("member"), e.GetProperty("data").Number("x"))));
        Assert.False(first.TryGetProperty("seq", out _));
        Assert.Equal(1, ack.Number("seq"));
        Assert.DoesNotContain(ann.Seen, f => f.Text("type") == "ephemeral");
    }

    [Fact]
    public async Task A_thousand_members_leaving_at_once_are_each_told_once()
    {
        await using var watcher = await OpenAsync("eve");
        await watcher.NextAsync("joined");
        var crowd = new List<WireClient>();
        for (int i = 0; i < 1000; i += 100)
        {
            // A hundred at a time are let in: a join that waits for five seconds is told to come again.
            var some = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => OpenAsync("crowd")));
            await Task.WhenAll(some.Select(c => c.NextAsync("joined")));
            crowd.AddRange(some);
        }

        var joined = await MembersAsync(watcher, "joined", 1000);

        crowd.ForEach(c => c.Drop());

        Assert.Equal(joined, await MembersAsync(watcher, "left", 1000));
        var (_, body) = await server.SendAsync(HttpMethod.Get, $"/rooms/relay/{_room}", "eve");
        Assert.Equal(["eve"], JsonElement.Parse(body).GetProperty("members").EnumerateArray().Select(m => m.Text("user")));
    }

    static async Task<SortedSet<string>> MembersAsync(WireClient client, string list, int count)
    {
        var members = new SortedSet<string>(StringComparer.Ordinal);
        while (members.Count < count)
        {
            foreach (var member in (await client.NextAsync("members")).GetProperty(list).EnumerateArray())
            {
                Assert.True(members.Add(member.Text("member")!), "told twice");
            }
        }

        return members;
    }
}
