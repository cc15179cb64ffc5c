using System.Text.Json;

using EdgeRooms.Client.Tests.Support;
using EdgeRooms.Server.Tests.Protocol;

namespace EdgeRooms.Client.Tests.Server;

/// <summary>The client's surface against the real server.</summary>
public sealed class ServerTests(RunningServer server) : IClassFixture<RunningServer>
{
    readonly CancellationToken _test = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_game_with_types_its_past_and_its_refusals()
    {
        await using var ada = Client("ada");
        await using var bob = Client("bob");
        await using var room = ada.Room("tictactoe/typed", GameJson.Default.Board);
        await using var other = bob.Room("tictactoe/typed", GameJson.Default.Board);
        var first = await room.SendAsync("play", new Play(4), GameJson.Default.Play, _test);
        var second = await other.SendAsync("play", new Play(0), GameJson.Default.Play, _test);
        var refused = await Assert.ThrowsAsync<EdgeRoomsException>(() => other.SendAsync("play", new Play(1), GameJson.Default.Play, _test));
        var then = await room.AtAsync(first.Seq, _test);
        var played = await room.HistoryAsync(0, _test).Select(e => e.DataAs(GameJson.Default.Play)!.Cell).ToListAsync(_test);
        var gone = await Assert.ThrowsAsync<EdgeRoomsException>(() => room.AtAsync(99, _test));

        Assert.Equal(("rejected", "tictactoe/typed"), (refused.Code, refused.Room));
        Assert.Equal((1, 2, "X", null, "gone"), (first.Seq, second.Seq, then!.Cells[4], then.Cells[0], gone.Code));
        Assert.Equal([4, 0], played);
        Assert.Equal(9, room.State!.Cells.Count);
    }

    [Fact]
    public async Task A_document_shows_an_own_change_when_it_is_answered()
    {
        await using var client = Client("ada");
        await using var room = client.Room("doc/plan");
        Assert.Equal(JsonValueKind.Undefined, room.Doc.Get("/title").ValueKind);
        await room.Doc.PatchAsync(JsonElement.Parse("""{"title":"Plan","todo":[]}"""), _test);
        var set = await room.Doc.SetAsync("/todo/-", "milk", GameJson.Default.String, cancellationToken: _test);
        var late = await Assert.ThrowsAsync<EdgeRoomsException>(() => room.Doc.SetAsync("/todo/0", "tea", GameJson.Default.String, ifSeq: set.Seq - 1, _test));

        Assert.Equal("rejected", late.Code);
        Assert.Equal(("Plan", "milk"), (room.Doc.Get("/title", GameJson.Default.String), room.Doc.Get("/todo/0", GameJson.Default.String)));
    }

    [Fact]
    public async Task Two_count_at_once_and_both_see_what_the_server_has()
    {
        await using var ada = Client("ada");
        await using var bob = Client("bob");
        var rooms = new[] { ada, bob }.Select(client => client.Room("counter/both", GameJson.Default.Count).Optimistic(Add)).ToList();
        await Task.WhenAll(rooms.Select(room => room.SendAsync("add", new Addition(0), GameJson.Default.Addition, _test).ContinueWith(_ => { }, _test)));
        long before = rooms[0].State!.Value;
        var sent = Enumerable.Range(1, 50).Select(n => rooms[n % 2].SendAsync("add", new Addition(n), GameJson.Default.Addition, _test)).ToList();
        Assert.True(rooms[0].State!.Value > before, "An own command shows at once.");
        long last = (await Task.WhenAll(sent)).Max(one => one.Seq);
        foreach (var room in rooms)
        {
            await foreach (var _ in room.Events(_test).TakeWhile(e => e.Seq < last))
            {
            }
        }

        Assert.Equal([1275, 1275], rooms.Select(room => room.State!.Value));
        Assert.Equal(1275, (await rooms[0].AtAsync(last, _test))!.Value);

        static Count Add(Count count, RoomChange change) => new(count.Value + change.DataAs(GameJson.Default.Addition)!.By);
    }

    [Fact]
    public async Task A_process_that_ends_in_the_middle_of_a_send_leaves_its_session_and_commands_to_the_next()
    {
        var store = new MemoryStore();
        await using var before = Client("ada", store);
        var room = before.Room("chat/next");
        await room.SendAsync("n0", _test);
        for (int n = 1; n <= 20; n++)
        {
            _ = room.SendAsync($"n{n}", _test);
        }

        await using var after = Client("ada", store.Copy()); // as it is now: some are on their way, some wait
        var next = after.Room("chat/next");
        await next.SendAsync("n21", _test);
        var stored = await next.HistoryAsync(0, _test).ToListAsync(_test);

        Assert.Equal(Enumerable.Range(0, 22).Select(n => $"n{n}"), stored.Select(e => e.Name));
        Assert.All(stored, e => Assert.Equal(next.Me, e.Member));
    }

    [Fact]
    public async Task Members_and_what_is_not_stored_are_told()
    {
        await using var ada = Client("ada");
        await using var room = ada.Room("chat/members");
        await room.SendAsync("hello", _test);
        var came = new TaskCompletionSource<RoomMember>();
        var said = new TaskCompletionSource<Ephemeral>();
        room.MembersChanged += (_, members) => _ = members.FirstOrDefault(m => m.User == "bob") is { } bob && came.TrySetResult(bob);
        room.EphemeralReceived += (_, ephemeral) => said.TrySetResult(ephemeral);
        await using var bob = Client("bob");
        await using var his = bob.Room("chat/members", new RoomOptions { Presence = JsonElement.Parse("\"teal\"") });
        await his.SendAsync("hello", _test);
        await his.EphemeralAsync("typing", JsonElement.Parse("true"));

        Assert.Equal("teal", (await came.Task.WaitAsync(_test)).Data.GetString());
        Assert.Equal(("typing", "bob"), ((await said.Task.WaitAsync(_test)).Name, (await said.Task).By));
        Assert.Equal(("ada", 2), (ada.User, room.Members.Count));
    }

    [Fact]
    public async Task A_room_that_may_not_be_entered_ends_with_the_servers_words()
    {
        await using var client = new EdgeRoomsClient(
            new Uri($"ws://127.0.0.1:{server.Port}"), new EdgeRoomsClientOptions { Token = _ => Task.FromResult(server.Token("eve", """{"chat/*":["join"]}""")) });
        await using var room = client.Room("doc/secret");
        var ended = await Assert.ThrowsAsync<EdgeRoomsException>(async () => await room.Events(_test).FirstAsync(_test));
        await using var mayHear = client.Room("chat/open");
        var refused = await Assert.ThrowsAsync<EdgeRoomsException>(() => mayHear.SendAsync("x", _test));

        Assert.Equal(("forbidden", RoomStatus.Closed, "forbidden"), (ended.Code, room.Status, refused.Code));
    }

    [Fact]
    public async Task A_token_of_two_seconds_is_renewed_without_a_word()
    {
        int asked = 0;
        var thrice = new TaskCompletionSource();
        var options = new EdgeRoomsClientOptions
        {
            Token = cancellation =>
            {
                if (Interlocked.Increment(ref asked) == 3)
                {
                    thrice.SetResult();
                }

                return Task.FromResult(server.Token("ada", seconds: 2));
            },
        };
        await using var client = new EdgeRoomsClient(new Uri($"ws://127.0.0.1:{server.Port}"), options);
        await using var room = client.Room("chat/renewed");
        await room.SendAsync("one", _test);
        var statuses = new List<RoomStatus>();
        room.StatusChanged += (_, status) => statuses.Add(status);
        await thrice.Task.WaitAsync(_test);
        await room.SendAsync("two", _test);

        Assert.Empty(statuses);
    }

    EdgeRoomsClient Client(string user, ISessionStore? store = null) =>
        new(new Uri($"ws://127.0.0.1:{server.Port}"), new EdgeRoomsClientOptions { Token = _ => Task.FromResult(server.Token(user)), Store = store });
}
