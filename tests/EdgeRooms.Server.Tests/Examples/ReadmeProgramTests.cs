using EdgeRooms.Rooms;

using Microsoft.Extensions.DependencyInjection;

namespace EdgeRooms.Server.Tests.Examples;

public sealed class ReadmeProgramTests
{
    [Fact]
    public void The_README_shows_the_program_that_is_compiled_here()
    {
        string readme = Read("README.md");
        var lines = Read("ReadmeProgram.cs").Split('\n').Select(l => l.Trim()).SkipWhile(l => !l.StartsWith("var builder", StringComparison.Ordinal))
            .TakeWhile(l => !l.StartsWith("return", StringComparison.Ordinal));

        Assert.Contains(string.Join('\n', lines) + "\napp.Run();", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_knows_its_kind()
    {
        await using var app = ReadmeProgram.Build(["--environment=Development"], "Host=127.0.0.1;Username=nobody;Database=none");

        Assert.NotNull(app.Services.GetRequiredService<KindRegistry>().Find("counter"));
    }

    static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Examples", file)).ReplaceLineEndings("\n");
}
