using System.Globalization;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// A cluster's <c>postmaster.pid</c> (Postgres manual, "Database File Layout"): line 1 the postmaster's process id,
/// line 7 its shared memory.
/// Postgres refuses to start while line 1 names any live process of its own user, be it a zombie or a stranger that got
/// the number later.
/// </summary>
sealed class PostmasterPid(string dataFolder)
{
    /// <summary>Above every system's largest process id, and what fits pid_t.</summary>
    const int NobodysId = 1_999_999_999;

    readonly string _path = Path.Combine(dataFolder, "postmaster.pid");

    /// <summary>The id in line 1; null where there is no file, or nothing readable in it.</summary>
    public int? Read()
    {
        try
        {
            var first = File.ReadLines(_path).FirstOrDefault();
            return int.TryParse(first, CultureInfo.InvariantCulture, out var id) && id > 0 ? id : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The id of this cluster's postmaster where it runs.</summary>
    public async Task<int?> FindPostmasterAsync(CancellationToken cancellation) =>
        Read() is { } id && await LiveProcess.FindAsync(id, cancellation) is { } process && IsOurs(process) ? id : null;

    /// <summary>
    /// Makes a stale file harmless: its id becomes one that nobody has. Deleting it would take away Postgres' second
    /// check, that no child of the dead postmaster still uses the shared memory of line 7.
    /// </summary>
    public void Disown()
    {
        if (Read() is null)
            return;
        var lines = File.ReadAllLines(_path);
        lines[0] = NobodysId.ToString(CultureInfo.InvariantCulture);
        // Written in place, so that the file stays its owner's.
        File.WriteAllText(_path, string.Join('\n', lines) + '\n');
    }

    bool IsOurs(LiveProcess process)
    {
        if (!process.Name.StartsWith("postgres", StringComparison.Ordinal) && process.Name != "postmaster")
            return false;
        if (process.WorkingDirectory is { } folder)
            return folder == RealPath(dataFolder);
        // Where neither folder nor command line is told (Windows), the name decides; pg_ctl then stops by this data
        // folder.
        return process.CommandLine.Length == 0 || process.CommandLine.Contains(dataFolder, StringComparison.Ordinal);
    }

    /// <summary>With every link on the way resolved, as the kernel tells a working directory.</summary>
    static string RealPath(string path)
    {
        var real = Path.GetPathRoot(path)!; // the data folder is absolute
        var parts = path[real.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries);
        foreach (var part in parts)
        {
            real = Path.Combine(real, part);
            real = Directory.ResolveLinkTarget(real, returnFinalTarget: true)?.FullName ?? real;
        }
        return real;
    }
}
