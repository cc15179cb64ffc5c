using System.Diagnostics;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>tests/LocalPostgresHost as a process of its own, for a test to kill.</summary>
sealed class HostProcess : IAsyncDisposable
{
    static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    readonly Process _process;

    HostProcess(Process process) => _process = process;

    public string ConnectionString { get; private set; } = "";

    public int Id => _process.Id;

    public static async Task<HostProcess> StartAsync(string dataDirectory)
    {
        // A process group of its own, as a terminal gives one: setsid, where the system has it. And who runs the tests in the background (nohup, a shell's &)
        // has them ignore the interrupt, which children inherit.
        string[] group = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "setsid"] : [];
        var program = Path.Combine(AppContext.BaseDirectory, "LocalPostgresHost.dll");
        string[] command = [.. group, "dotnet", "exec", program, dataDirectory];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var host = new HostProcess(Process.Start(start)!); // never null without UseShellExecute
        host.ConnectionString = await host._process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The host did not start.");
        return host;
    }

    /// <summary>
    /// Ctrl-C, which a terminal sends to every process of the group; returns what the host says to it.
    /// </summary>
    public async Task<string?> InterruptGroupAsync()
    {
        using var kill = Process.Start("kill", ["-INT", "--", $"-{_process.Id}"]);
        await kill.WaitForExitAsync();
        return await _process.StandardOutput.ReadLineAsync().WaitAsync(AnswerWithin);
    }

    /// <summary>kill -9, of the host alone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<string> StopInOrderAsync()
    {
        _process.StandardInput.Close();
        return await _process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>In order, since the folder is deleted next.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await StopInOrderAsync();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
