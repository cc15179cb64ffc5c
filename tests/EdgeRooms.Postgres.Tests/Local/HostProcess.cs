using System.Diagnostics;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>tests/LocalPostgresHost as a process of its own, for a test to kill.</summary>
sealed class HostProcess : IAsyncDisposable
{
    readonly Process _process;

    HostProcess(Process process) => _process = process;

    public string ConnectionString { get; private set; } = "";

    public int Id => _process.Id;

    public static async Task<HostProcess> StartAsync(string dataDirectory)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { "exec", Path.Combine(AppContext.BaseDirectory, "LocalPostgresHost.dll"), dataDirectory },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var host = new HostProcess(Process.Start(start)!); // never null without UseShellExecute
        host.ConnectionString = await host._process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The host did not start.");
        return host;
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
