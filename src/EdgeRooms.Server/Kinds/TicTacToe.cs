using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace EdgeRooms.Server.Kinds;

/// <summary>Event: a mark was put.</summary>
/// <param name="Cell">0 to 8, row by row.</param>
/// <param name="Mark"><c>X</c> or <c>O</c>.</param>
/// <param name="User">Who plays it.</param>
public sealed record Played(int Cell, string Mark, string User);

/// <summary>Data of <c>play</c>.</summary>
/// <param name="Cell">0 to 8, row by row.</param>
public sealed record Play(int? Cell);

/// <summary>Who plays: user ids, null for a free seat.</summary>
public sealed record Players([property: JsonPropertyName("X")] string? X, [property: JsonPropertyName("O")] string? O);

/// <summary>State of a <see cref="TicTacToe"/>.</summary>
/// <param name="Board">Nine cells, row by row: <c>X</c>, <c>O</c> or null.</param>
/// <param name="Players">The seats.</param>
/// <param name="Turn">Whose turn it is, <c>X</c> or <c>O</c>.</param>
/// <param name="Winner"><c>X</c>, <c>O</c>, <c>draw</c>, or null while the game goes on.</param>
public sealed record Game(ImmutableArray<string?> Board, Players Players, string Turn, string? Winner);

/// <summary>
/// A worked example with seats: the first to play is X, the second O, all others watch. It keeps no members: who left may come back to the
/// seat, which belongs to the user.
/// </summary>
public sealed class TicTacToe : Room<Game>
{
    const int Cells = 9;

    static readonly int[][] Lines =
    [
        [0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6],
    ];

    /// <inheritdoc/>
    protected override Game Initial => new([.. new string?[Cells]], new Players(null, null), "X", null);

    /// <summary>Puts the sender's mark; the ack's result is the board.</summary>
    [Command]
    public ImmutableArray<string?> Play(Member by, Play data)
    {
        if (Refusal(State, by.User, data.Cell) is { } refusal)
        {
            throw Reject(refusal);
        }

        Emit(new Played(data.Cell!.Value, State.Turn, by.User)); // A missing cell was refused.
        return State.Board;
    }

    /// <summary>Folds <c>played</c>.</summary>
    public static Game Apply(Game game, Played played)
    {
        var board = game.Board.SetItem(played.Cell, played.Mark);
        return new Game(
            board,
            played.Mark == "X" ? game.Players with { X = played.User } : game.Players with { O = played.User },
            played.Mark == "X" ? "O" : "X",
            Winner(board));
    }

    static string? Refusal(Game game, string user, int? cell)
    {
        if (game.Winner is not null)
        {
            return "The game is over.";
        }

        if (cell is not (>= 0 and < Cells))
        {
            return "cell must be 0 to 8.";
        }

        bool isSeated = user == game.Players.X || user == game.Players.O;
        if (!isSeated && game.Players is { X: not null, O: not null })
        {
            return "Both seats are taken: spectators may not play.";
        }

        // A free seat is taken with its first mark: X by whoever begins, O by anyone else.
        string? turnOf = game.Turn == "X" ? game.Players.X : game.Players.O;
        if (turnOf is null ? isSeated : turnOf != user)
        {
            return "It is not your turn.";
        }

        return game.Board[cell.Value] is null ? null : "The cell is taken.";
    }

    static string? Winner(ImmutableArray<string?> board)
    {
        foreach (int[] line in Lines)
        {
            if (board[line[0]] is { } mark && board[line[1]] == mark && board[line[2]] == mark)
            {
                return mark;
            }
        }

        return board.Contains(null) ? null : "draw";
    }
}
