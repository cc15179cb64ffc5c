using System.Collections.Concurrent;
using System.Diagnostics;

namespace EdgeRooms.Tests.Live;

/// <summary>One server process of a cluster, started and harmed by its test. What it says is kept for the failure's message.</summary>
sealed class LiveProcess(string name, string role, IReadOnlyDictionary<string, string> settings, IReadOnlyList<string>? inside = null) : IAsyncDisposable
{
    const int LinesMax = 200;

    readonly ConcurrentQueue<string> _lines = new();
    Process? _process;

    public string Name => name;

    public string Role => role;

    /// <summary>Where it takes clients; known when it is ready.</summary>
    public Uri? Url { get; private set; }

    public int Id => _process!.Id; // there once it was started

    /// <summary>Ready and not known to have ended.</summary>
    public bool IsUp { get; private set; }

    /// <summary>The last lines it said.</summary>
    public string Said => string.Join('\n', _lines.Select(l => $"{name,-10} {l}"));

    /// <summary>Those of them that an operator would look into.</summary>
    public IEnumerable<string> Warnings =>
        _lines.Where(l => l.Contains(" warn: ") || l.Contains(" fail: ") || l.Contains(" crit: ")).Select(l => $"{name} {l}");

    /// <summary>Starts it and waits until it is ready.</summary>
    public async Task StartAsync()
    {
        var ready = Launch();
        await ready.WaitAsync(TimeSpan.FromSeconds(60));
        if (Url is null)
        {
            throw new InvalidOperationException($"{name} ended with {_process!.ExitCode} before it was ready.\n{Said}");
        }

        IsUp = true;
    }

    /// <summary>Starts one that is to end by itself: its exit code.</summary>
    public async Task<int> StartToEndAsync(TimeSpan within)
    {
        _ = Launch();
        await _process!.WaitForExitAsync().WaitAsync(within);
        return _process.ExitCode;
    }

    public async Task KillAsync()
    {
        IsUp = false;
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public void Pause() => Signal("STOP");

    public void Continue() => Signal("CONT");

    /// <summary>SIGTERM, and no waiting.</summary>
    public void Terminate()
    {
        IsUp = false;
        Signal("TERM");
    }

    /// <summary>SIGTERM; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Terminate();
        return await EndedAsync(TimeSpan.FromSeconds(15));
    }

    public async Task<int> EndedAsync(TimeSpan within)
    {
        await _process!.WaitForExitAsync().WaitAsync(within);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillAsync();
        }

        _process?.Dispose();
    }

    /// <summary>Ends when it said that it is ready, or ended.</summary>
    Task Launch()
    {
        string[] command = [.. inside ?? [], "dotnet", Path.Combine(AppContext.BaseDirectory, "EdgeRooms.Server.dll"), "--urls", "http://127.0.0.1:0"];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in settings)
        {
            start.Environment[key] = value;
        }

        start.Environment["EdgeRooms__NodeName"] = name;
        start.Environment["EdgeRooms__Role"] = role;
        Url = null;
        _process?.Dispose();
        _process = Process.Start(start)!; // never null without UseShellExecute
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.OutputDataReceived += (_, e) => Hear(e.Data, ready);
        _process.ErrorDataReceived += (_, e) => Hear(e.Data, null);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        return ready.Task;
    }

    void Hear(string? line, TaskCompletionSource? ready)
    {
        if (line is null)
        {
            ready?.TrySetResult();
            return;
        }

        _lines.Enqueue(line);
        if (_lines.Count > LinesMax)
        {
            _lines.TryDequeue(out _);
        }

        if (line.StartsWith("EdgeRooms ready on ", StringComparison.Ordinal))
        {
            Url = new Uri(line["EdgeRooms ready on ".Length..]);
            ready?.TrySetResult();
        }
    }

    void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", Id.ToString()]);
        kill.WaitForExit();
    }
}
