using System.Diagnostics;

namespace EdgeRooms.Client.Tests.Readme;

/// <summary>The README's program as a process.</summary>
sealed class ChatProgram : IAsyncDisposable
{
    readonly Process _process;
    readonly Task _reading;
    readonly List<string> _lines = [];
    readonly SemaphoreSlim _news = new(0);

    public ChatProgram(int port, string user)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "EdgeRooms.Client.Chat.dll");
        _process = Process.Start(new ProcessStartInfo("dotnet", [program, $"http://127.0.0.1:{port}", user])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!; // never null without UseShellExecute
        _reading = ReadAsync();
    }

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public IReadOnlyList<string> Words => [.. Lines.Where(line => line.Contains(": word", StringComparison.Ordinal))];

    public Task SayAsync(string word) => _process.StandardInput.WriteLineAsync(word);

    public async Task UntilAsync(Func<IReadOnlyList<string>, bool> isSo)
    {
        while (!isSo(Lines))
        {
            Assert.False(_reading.IsCompleted, $"The program ended after {string.Join('\n', Lines)}");
            await _news.WaitAsync();
        }
    }

    /// <summary>The end of its input; the exit code.</summary>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _reading;
        _process.Dispose();
        _news.Dispose();
    }

    async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
            }

            _news.Release();
        }

        _news.Release();
    }
}
