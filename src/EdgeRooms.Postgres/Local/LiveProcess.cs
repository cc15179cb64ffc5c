using System.Diagnostics;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// What the system says about a process id found in a file: the number alone proves nothing, since it may be a zombie's
/// or have gone to another program since.
/// </summary>
sealed record LiveProcess(string Name, string CommandLine, string? WorkingDirectory)
{
    /// <summary>Null where nobody has the id, or only a zombie that its parent has not collected yet.</summary>
    public static async Task<LiveProcess?> FindAsync(int id, CancellationToken cancellation)
    {
        if (OperatingSystem.IsLinux())
            return FromProc(id);
        return OperatingSystem.IsWindows() ? FromWindows(id) : await FromPsAsync(id, cancellation);
    }

    static LiveProcess? FromProc(int id)
    {
        try
        {
            // "pid (name) state …", where the name may have spaces and brackets of its own.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var nameEnd = stat.LastIndexOf(')');
            if (stat[nameEnd + 2] is 'Z' or 'X')
                return null;
            var name = stat[(stat.IndexOf('(') + 1)..nameEnd];
            var command = File.ReadAllText($"/proc/{id}/cmdline").Replace('\0', ' ');
            return new(name, command, WorkingDirectoryOf(id));
        }
        // It ended while being read: the kernel says "no such file" before and "no such process" within.
        catch (IOException)
        {
            return null;
        }
    }

    static string? WorkingDirectoryOf(int id)
    {
        try
        {
            return new FileInfo($"/proc/{id}/cwd").LinkTarget;
        }
        // Another user's process, and this root has no right to trace (containers).
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }

    /// <summary>Not run here: macOS.</summary>
    static async Task<LiveProcess?> FromPsAsync(int id, CancellationToken cancellation)
    {
        var result = await new Command("ps", ["-o", "stat=,command=", "-p", $"{id}"]).RunAsync(cancellation);
        var line = result.Output.Trim();
        if (!result.IsSuccess || line.StartsWith('Z') || line.IndexOf(' ') is not (> 0 and var space))
            return null;
        var command = line[space..].Trim();
        return new(Path.GetFileName(command.Split(' ')[0]), command, WorkingDirectory: null);
    }

    /// <summary>Not run here: Windows, which does not tell another process's command line or folder.</summary>
    static LiveProcess? FromWindows(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return new(process.ProcessName, "", WorkingDirectory: null);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
