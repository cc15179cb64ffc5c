using System.Text.Json;

namespace EdgeRooms.Tests.Protocol;

/// <summary>A file of tests/Golden, which the TypeScript client's tests read as well.</summary>
sealed record GoldenFrame(string File, string About, string Direction, string Text, JsonElement? Frame = null, string? Code = null)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { MaxDepth = 128 };

    /// <summary>The files of a folder: <c>server</c>, <c>client</c> or <c>client-bad</c>.</summary>
    public static IReadOnlyList<GoldenFrame> All(string folder) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden", folder), "*.json").Select(Read).OrderBy(f => f.File, StringComparer.Ordinal)];

    public static IEnumerable<TheoryDataRow<string>> Names(string folder) =>
        All(folder).Select(f => new TheoryDataRow<string>(f.File));

    public static GoldenFrame Of(string folder, string file) => All(folder).Single(f => f.File == file);

    /// <summary>Whether <c>frame</c> is what a JSON reader makes of a text.</summary>
    public bool Says(string text) => JsonElement.DeepEquals(Frame!.Value, JsonSerializer.Deserialize<JsonElement>(text, Json));

    static GoldenFrame Read(string path) =>
        JsonSerializer.Deserialize<GoldenFrame>(System.IO.File.ReadAllText(path), Json)! with { File = Path.GetFileNameWithoutExtension(path) };
}
