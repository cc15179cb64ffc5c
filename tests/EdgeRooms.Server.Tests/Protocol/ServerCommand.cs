using System.Diagnostics;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A server process that is expected to end by itself, and what it said.</summary>
sealed record ServerCommand(int ExitCode, string Output, string Errors)
{
    public static async Task<ServerCommand> RunAsync(IReadOnlyDictionary<string, string> settings, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "EdgeRooms.Server.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!; // never null without UseShellExecute
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }

        return new ServerCommand(process.ExitCode, await output, await errors);
    }
}
