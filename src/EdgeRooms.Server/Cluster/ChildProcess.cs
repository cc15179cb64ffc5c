using System.Diagnostics;

using EdgeRooms.AspNetCore.Hosting;

namespace EdgeRooms.Server.Cluster;

/// <summary>
/// One process of a local cluster: started, its lines told under its name, started again when it ends by itself, and asked to end (SIGTERM) at the stop;
/// what has not ended after a while is killed. Its loop ends with the stop, or where the process says that its settings are wrong.
/// </summary>
sealed class ChildProcess(string name, string role, string url, IReadOnlyDictionary<string, string?> environment)
{
    static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(16);
    static readonly TimeSpan AgainAfter = TimeSpan.FromSeconds(1);

    readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;

    public string Role => role;

    public string Url => url;

    public int Id { get; private set; }

    public bool HasFailed { get; private set; }

    /// <summary>Ends when it serves for the first time.</summary>
    public Task Ready => _ready.Task;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            int code = await RunOnceAsync(stop);
            if (code == OptionsProblems.ExitCode)
            {
                HasFailed = true;
                break;
            }

            if (!stop.IsCancellationRequested)
            {
                Console.WriteLine($"{name} (pid {Id}) ended with {code}; it is started again.");
                await Task.Delay(AgainAfter, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        _ready.TrySetResult();
    }

    async Task<int> RunOnceAsync(CancellationToken stop)
    {
        using var process = new Process { StartInfo = StartInfo() };
        process.OutputDataReceived += (_, e) => Tell(e.Data);
        process.ErrorDataReceived += (_, e) => Tell(e.Data);
        process.Start();
        Id = process.Id;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await using var asked = stop.Register(() => Terminate(process));
        await process.WaitForExitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!process.HasExited)
        {
            await Task.WhenAny(process.WaitForExitAsync(CancellationToken.None), Task.Delay(EndsWithin, CancellationToken.None));
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }

        return process.ExitCode;
    }

    ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) // a process has a path
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Started by `dotnet EdgeRooms.Server.dll` the program is the host's argument; by the apphost it is the program itself.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        }

        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add(url);
        foreach (var (key, value) in environment)
        {
            start.Environment[key] = value;
        }

        start.Environment["EdgeRooms__Role"] = role;
        start.Environment["EdgeRooms__NodeName"] = name;
        return start;
    }

    void Tell(string? line)
    {
        if (line is null)
        {
            return;
        }

        Console.WriteLine($"{name,-10} {line}");
        if (line.StartsWith("EdgeRooms ready on ", StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }

    /// <summary>.NET has no signal to another process but kill; where there is no such program the wait runs out and the process is killed.</summary>
    static void Terminate(Process process)
    {
        try
        {
            Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])?.Dispose();
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
        }
    }
}
