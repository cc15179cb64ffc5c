using System.ComponentModel;
using System.Diagnostics;

namespace EdgeRooms.Postgres.Local;

/// <summary>A program and its arguments, run to its end with both outputs collected.</summary>
sealed record Command(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>
    /// Runs it; cancellation kills it with its children. Throws <see cref="LocalPostgresException"/> where the program
    /// does not exist.
    /// </summary>
    public async Task<CommandResult> RunAsync(CancellationToken cancellation)
    {
        using var process = Start();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation);
            return new(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Starts it with all three streams as pipes; the caller owns the process.</summary>
    public Process Start()
    {
        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            // On Windows a console of its own: the user's Ctrl-C must not reach Postgres before the rooms are done.
            CreateNoWindow = true,
            // Every user may enter it; the current folder may be a home that the dropped user cannot.
            WorkingDirectory = Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/",
        };
        foreach (var argument in Arguments)
            start.ArgumentList.Add(argument);

        // Messages are read for what to retry, so they must be in English.
        start.Environment["LC_ALL"] = "C";
        // A user's settings for psql must not steer our own cluster.
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);

        try
        {
            return Process.Start(start) ?? throw new LocalPostgresException($"'{Program}' did not start.");
        }
        catch (Win32Exception e)
        {
            throw new LocalPostgresException($"Could not run '{Program}': {e.Message}", e);
        }
    }
}

/// <summary>How a command ended.</summary>
sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public bool IsSuccess => ExitCode == 0;

    /// <summary>Both outputs, for an error's text.</summary>
    public string Text => string.Join('\n', new[] { Error.Trim(), Output.Trim() }.Where(t => t.Length > 0));

    /// <summary>Throws with the command's own words unless it succeeded.</summary>
    public CommandResult OrThrow(string what) =>
        IsSuccess ? this : throw new LocalPostgresException($"{what} failed (exit code {ExitCode}).\n{Text}");
}
