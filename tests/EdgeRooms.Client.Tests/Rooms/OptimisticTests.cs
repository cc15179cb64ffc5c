using System.Text.Json;

using EdgeRooms.Client.Tests.Server;
using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Rooms;

/// <summary>A state by a reducer: words, in the order in which they count.</summary>
public sealed class OptimisticTests
{
    [Fact]
    public async Task Own_commands_show_at_once_and_are_rebased_on_what_others_did_before()
    {
        await using var all = new Setup();
        var room = Open(all).Optimistic(Add);
        var heard = new List<string>();
        room.StateChanged += (_, _) => heard.Add($"{room.State} at {room.StateSeq}");
        var connection = all.Server.Next().LetIn(new { seq = 3, state = "told" });
        var mine = room.SendAsync("mine");
        Assert.Equal(("told mine?", 3L, "mine"), (room.State, room.StateSeq, Assert.Single(room.Pending).Name));
        connection.Say(Wire.Event(4, new { name = "theirs" }));
        Assert.Equal("told theirs mine?", room.State);
        connection.Say(Wire.Event(5, new { name = "mine", member = "m1", cmd = 1 }));
        connection.Say(Wire.Ack(connection.Take("send")[0], 5));

        Assert.Equal(("told theirs mine", 5L, 0), (room.State, room.StateSeq, room.Pending.Count));
        Assert.Equal("seq 5", mine.Outcome());
        Assert.Equal(["told at 3", "told mine? at 3", "told theirs mine? at 4", "told theirs mine at 5"], heard);
    }

    [Fact]
    public async Task What_is_refused_disappears_before_its_task_says_so()
    {
        await using var all = new Setup();
        var room = Open(all).Optimistic(Add);
        var errors = new List<string>();
        room.Error += (_, error) => errors.Add(error.Code);
        var connection = all.Server.Next().LetIn(new { state = "told" });
        var refused = room.SendAsync("bad");
        _ = room.SendAsync("good");
        var seen = refused.ContinueWith(_ => room.State, TaskContinuationOptions.ExecuteSynchronously);
        connection.Say(Wire.Refusal(connection.Take("send")[0], "rejected", retry: false));

        Assert.Equal("told good?", await seen);
        Assert.Equal(["rejected"], errors);
    }

    [Fact]
    public async Task Offline_it_shows_what_waits_and_a_new_start_keeps_it_on_top()
    {
        await using var all = new Setup();
        var room = Open(all).Optimistic(Add);
        _ = room.SendAsync("early");
        Assert.Null(room.State);
        var first = all.Server.Next().LetIn(new { seq = 1, state = "told" });
        first.Drop();
        _ = room.SendAsync("late");
        Assert.Equal("told early? late?", room.State);
        all.Reconnected().LetIn(new { seq = 9, epoch = "2", state = "anew" });

        Assert.Equal(("anew early? late?", 9L), (room.State, room.StateSeq));
    }

    [Fact]
    public async Task A_kind_without_a_state_is_folded_from_what_is_given_past_events_too()
    {
        await using var all = new Setup();
        var room = all.Client.Room(Wire.Room, GameJson.Default.String, new RoomOptions { History = 2 }).Optimistic("given", Add);
        all.Server.Next().LetIn(new { seq = 2 }).Say(Wire.Event(1, new { name = "a" }), Wire.Event(2, new { name = "b" }), Wire.Event(3, new { name = "c" }));

        Assert.Equal(("given a b c", 3L), (room.State, room.StateSeq));
    }

    [Fact]
    public async Task Given_late_it_gets_the_events_that_passed_too_late_it_is_refused_in_words()
    {
        await using var all = new Setup();
        var room = Open(all);
        var connection = all.Server.Next().LetIn(new { state = "told" });
        connection.Say(Wire.Event(1, new { name = "a" }));
        Assert.Equal("told a", room.Optimistic(Add).State);
        for (long seq = 2; seq <= 502; seq++)
        {
            connection.Say(Wire.Event(seq));
        }

        Assert.Equal("state_lost", Assert.Throws<EdgeRoomsException>(() => Open(all).Optimistic(Add)).Code);
    }

    [Fact]
    public async Task A_reducer_that_throws_or_reads_the_state_costs_its_own_change_at_most()
    {
        await using var all = new Setup();
        var room = Open(all);
        room.Optimistic((state, change) => change.Name == "bad" ? throw new InvalidOperationException("a bug") : $"{state}{room.State?.Length}");
        var connection = all.Server.Next().LetIn(new { state = "x" });
        connection.Say(Wire.Event(1, new { name = "bad" }), Wire.Event(2));

        Assert.Equal(("x1", 2L), (room.State, room.StateSeq));
        Assert.Single(all.Log.Lines, line => line.Text.StartsWith("A handler threw", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_state_of_another_shape_is_told_to_its_reader()
    {
        await using var all = new Setup();
        var room = Open(all).Optimistic(Add);
        all.Server.Next().LetIn(new { state = new { } }).Say(Wire.Event(1));

        Assert.Throws<JsonException>(() => room.State);
    }

    static Room<string> Open(Setup all) => all.Client.Room(Wire.Room, GameJson.Default.String);

    static string Add(string state, RoomChange change) => $"{state} {change.Name}{(change.Event is null ? "?" : "")}";
}
