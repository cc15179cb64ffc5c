using System.Text.RegularExpressions;

using EdgeRooms.Protocol;

namespace EdgeRooms.Tests.Protocol;

public sealed class ProtocolTextTests
{
    static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "PROTOCOL.md"));

    [Theory]
    [InlineData("client", "Client to server")]
    [InlineData("server", "Server to client")]
    public void Every_frame_has_its_line_with_every_field(string folder, string heading)
    {
        var lines = Lines(heading);
        foreach (var golden in GoldenFrame.All(folder))
        {
            var frame = golden.Frame!.Value;
            string type = frame.GetProperty("type").GetString()!;
            Assert.True(lines.TryGetValue(type, out string? line), $"PROTOCOL.md has no line for '{type}' under '{heading}'.");
            foreach (var field in frame.EnumerateObject().Where(f => f.Name is not ("type" or "v")))
            {
                Assert.True(
                    line!.Contains($"`{field.Name}`", StringComparison.Ordinal) || line.Contains($"`{field.Name}?`", StringComparison.Ordinal),
                    $"PROTOCOL.md: the line of '{type}' does not name '{field.Name}' (tests/Golden/{folder}/{golden.File}.json).");
            }
        }
    }

    [Fact]
    public void Every_error_code_has_its_line() =>
        Assert.Equal(
            typeof(ErrorCode).GetFields().Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal),
            Lines("Error codes").Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_close_code_has_its_line() =>
        Assert.Equal(
            typeof(CloseCode).GetFields().Select(f => f.GetRawConstantValue()!.ToString()!).Order(StringComparer.Ordinal),
            Lines("Close codes").Keys.Order(StringComparer.Ordinal));

    /// <summary>The lines of a section's table by their first cell.</summary>
    static Dictionary<string, string> Lines(string heading)
    {
        int start = Text.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"PROTOCOL.md has no section '{heading}'.");
        string section = Text[(start + 1)..];
        int end = section.IndexOf("\n## ", StringComparison.Ordinal);
        return Regex.Matches(end < 0 ? section : section[..end], @"^\| `?([a-z_]+|\d+)`? \|.*$", RegexOptions.Multiline)
            .Where(m => m.Groups[1].Value is not ("frame" or "code"))
            .ToDictionary(m => m.Groups[1].Value, m => m.Value);
    }
}
