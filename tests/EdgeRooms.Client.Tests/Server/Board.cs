using System.Text.Json.Serialization;

namespace EdgeRooms.Client.Tests.Server;

/// <summary>The state of a tictactoe, as far as the tests look.</summary>
sealed record Board(IReadOnlyList<string?> Cells, string? Turn)
{
    [JsonPropertyName("board")]
    public IReadOnlyList<string?> Cells { get; init; } = Cells;
}
