using System.Text.Json;

using EdgeRooms.Server.Kinds;
using EdgeRooms.Tests.Kinds;

namespace EdgeRooms.Server.Tests.Kinds;

public sealed class TicTacToeTests
{
    readonly TicTacToe _room = new();
    readonly RoomTurn _turn;

    public TicTacToeTests() => _turn = new RoomTurn(_room, (state, e, _) => TicTacToe.Apply((Game)state!, (Played)e));

    [Fact]
    public void A_new_game_is_as_the_protocol_says() => Assert.Equal(
        """{"board":[null,null,null,null,null,null,null,null,null],"players":{"X":null,"O":null},"turn":"X","winner":null}""", State());

    [Fact]
    public void The_first_to_play_is_X_and_the_second_O()
    {
        Play("alice", 4);

        Assert.Equal("""["O",null,null,null,"X",null,null,null,null]""", JsonSerializer.Serialize(Play("bob", 0)));
        Assert.Equal("""{"cell":0,"mark":"O","user":"bob"}""", JsonSerializer.Serialize(_turn.Events[1], JsonSerializerOptions.Web));
        Assert.Equal(
            """{"board":["O",null,null,null,"X",null,null,null,null],"players":{"X":"alice","O":"bob"},"turn":"X","winner":null}""", State());
    }

    [Fact]
    public void What_the_rules_forbid_is_refused_with_a_sentence()
    {
        Assert.Equal("cell must be 0 to 8.", Refusal("alice", 9));
        Assert.Equal("cell must be 0 to 8.", Refusal("alice", -1));
        Assert.Equal("cell must be 0 to 8.", Refusal("alice", null));
        Play("alice", 4);
        Assert.Equal("It is not your turn.", Refusal("alice", 0));
        Assert.Equal("The cell is taken.", Refusal("bob", 4));
        Play("bob", 0);
        Assert.Equal("It is not your turn.", Refusal("bob", 1));
        Assert.Equal("Both seats are taken: spectators may not play.", Refusal("carol", 1));
        Assert.Equal(2, _turn.Events.Count);
    }

    [Theory]
    [InlineData("0314", null)]
    [InlineData("03142", "X")] // the top row
    [InlineData("01326", "X")] // the left column
    [InlineData("01428", "X")] // a diagonal
    [InlineData("031485", "O")] // the middle row
    [InlineData("012435768", "draw")]
    public void A_line_wins_and_a_full_board_is_a_draw(string cells, string? winner)
    {
        for (int i = 0; i < cells.Length; i++)
        {
            Play(i % 2 == 0 ? "alice" : "bob", cells[i] - '0');
        }

        Assert.Equal(winner, JsonDocument.Parse(State()).RootElement.GetProperty("winner").GetString());
        Assert.True(winner is null || Refusal("alice", 8) == "The game is over.");
    }

    [Fact]
    public void It_keeps_no_members()
    {
        Assert.Equal(typeof(Room), typeof(TicTacToe).GetMethod("OnLeft", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.DeclaringType);
    }

    System.Collections.Immutable.ImmutableArray<string?> Play(string user, int? cell) => _room.Play(RoomTurn.User(user), new Play(cell));

    string Refusal(string user, int? cell) => Assert.Throws<RejectedException>(() => { Play(user, cell); }).Message;

    string State() => JsonSerializer.Serialize(_room.View(RoomTurn.User("x")), typeof(Game), JsonSerializerOptions.Web);
}
