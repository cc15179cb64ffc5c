using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace EdgeRooms.Server.Tests;

/// <summary>The README's first command, as somebody runs it who has only the repository: own Postgres, pages, a room whose state is there again.</summary>
public sealed class StrangersStartTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    readonly string _data = Directory.CreateTempSubdirectory("edgerooms-stranger-").FullName;
    readonly HttpClient _http = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        Directory.Delete(_data, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task One_command_starts_everything_and_the_next_start_finds_it_again()
    {
        await RunAsync(async url =>
        {
            Assert.Contains("tictactoe", await _http.GetStringAsync(url), StringComparison.Ordinal);
            using var added = await _http.PostAsJsonAsync($"{url}/rooms/counter/first/commands", new { name = "add", data = new { by = 7 } });
            Assert.Equal(1, (await added.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("seq").GetInt64());
        });
        await RunAsync(async url =>
        {
            var room = await _http.GetFromJsonAsync<JsonElement>($"{url}/rooms/counter/first");
            Assert.Equal((1, 7), (room.GetProperty("seq").GetInt64(), room.GetProperty("state").GetProperty("value").GetInt64()));
        });
    }

    /// <summary>Starts it, uses it as ann, and stops it as a terminal's end does.</summary>
    async Task RunAsync(Func<string, Task> use)
    {
        using var limit = new CancellationTokenSource(Patience);
        var start = new ProcessStartInfo("dotnet", ["run", "--project", "src/EdgeRooms.Server", "--", "--urls", "http://127.0.0.1:0"])
        {
            WorkingDirectory = Repository(),
            RedirectStandardOutput = true,
            Environment = { ["EdgeRooms__DataDirectory"] = _data },
        };
        start.Environment.Remove("EdgeRooms__Postgres");
        using var process = Process.Start(start)!; // never null without UseShellExecute
        try
        {
            string url = await ReadyAsync(process, limit.Token);
            var rest = process.StandardOutput.ReadToEndAsync(limit.Token);
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await _http.GetStringAsync($"{url}/dev/token?user=ann"));
            await use(url);

            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await process.WaitForExitAsync(limit.Token);
            await rest; // ends when the server, which has the pipe too, has ended
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    static async Task<string> ReadyAsync(Process process, CancellationToken limit)
    {
        const string Ready = "EdgeRooms ready on ";
        var said = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(limit) is { } line)
        {
            said.Add(line);
            if (line.StartsWith(Ready, StringComparison.Ordinal))
            {
                return line[Ready.Length..].TrimEnd('/');
            }
        }

        throw new InvalidOperationException($"It ended before it was ready: {string.Join('\n', said)}");
    }

    static string Repository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "EdgeRooms.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder;
    }
}
