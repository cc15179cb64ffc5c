using EdgeRooms.Server.Tests.Protocol;

namespace EdgeRooms.Client.Tests.Readme;

/// <summary>The README's console program talks to another of its kind through killed servers without losing a word.</summary>
public sealed class ReadmeTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public void The_README_shows_the_program_and_it_has_about_30_lines()
    {
        string program = Read("Program.cs").Trim();

        Assert.Contains($"```csharp\n{program}\n```", Read("README.md"), StringComparison.Ordinal);
        Assert.InRange(program.Split('\n').Length, 1, 35);
    }

    [Fact]
    public async Task Two_of_them_talk_through_killed_servers_without_losing_a_word()
    {
        var server = new RunningServer();
        await server.InitializeAsync();
        await using var end = server;
        await using var ada = new ChatProgram(server.Port, "ada");
        await using var bob = new ChatProgram(server.Port, "bob");
        await Task.WhenAll(ada.UntilAsync(lines => lines.Contains("(Live)")), bob.UntilAsync(lines => lines.Contains("(Live)"))).WaitAsync(Patience);
        int words = 0;
        for (int round = 0; round < 2; round++)
        {
            await SayAsync(5);
            await server.KillAsync();
            await SayAsync(5);
            await server.StartAsync();
        }

        int said = words;
        await Task.WhenAll(ada.UntilAsync(_ => ada.Words.Count == said), bob.UntilAsync(_ => bob.Words.Count == said)).WaitAsync(Patience);
        Assert.Equal(ada.Words, bob.Words);
        Assert.Equal(Enumerable.Range(0, words).Where(n => n % 2 == 0).Select(n => $"ada: word {n}"), ada.Words.Where(w => w.StartsWith("ada", StringComparison.Ordinal)));
        Assert.Equal(Enumerable.Range(0, words).Where(n => n % 2 == 1).Select(n => $"bob: word {n}"), ada.Words.Where(w => w.StartsWith("bob", StringComparison.Ordinal)));
        Assert.Equal((0, 0), (await ada.EndAsync(), await bob.EndAsync()));

        async Task SayAsync(int count)
        {
            for (int n = 0; n < count; n++, words++)
            {
                await (words % 2 == 0 ? ada : bob).SayAsync($"word {words}");
            }
        }
    }

    static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Readme", file)).ReplaceLineEndings("\n");
}
