using System.Text.RegularExpressions;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// Where Postgres' programs may be on a machine, in the order they are looked at: what was set by hand, PATH,
/// <c>pg_config --bindir</c>, the usual places of the packages with the newest version first.
/// </summary>
sealed partial record MachinePlaces
{
    public const string ConfiguredVariable = "EDGEROOMS_PG_BIN";

    /// <summary>The folder set by hand; where it is set, no other place counts.</summary>
    public string? Configured { get; init; }

    /// <summary>The folders of PATH.</summary>
    public IReadOnlyList<string> Path { get; init; } = [];

    /// <summary>Folders with at most one <c>*</c>, which stands for part of one folder's name.</summary>
    public IReadOnlyList<string> Usual { get; init; } = [];

    /// <summary>This machine's places, as the environment has them.</summary>
    public static MachinePlaces OfThisMachine() => new()
    {
        Configured = Environment.GetEnvironmentVariable(ConfiguredVariable) is { Length: > 0 } folder ? folder : null,
        Path = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(System.IO.Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries),
        Usual = UsualFolders(),
    };

    /// <summary>Existing folders that have all programs, each once.</summary>
    public async Task<IReadOnlyList<string>> FoldersAsync(CancellationToken cancellation)
    {
        var folders = Path.Select(FolderBehind).OfType<string>().ToList();
        if (await AskPgConfigAsync(cancellation) is { } bindir)
            folders.Add(bindir);
        folders.AddRange(Usual.SelectMany(Expand));
        return [.. folders.Where(PostgresBinaries.AreIn).Distinct()];
    }

    /// <summary>Folders that match a pattern, the newest version first.</summary>
    public static IEnumerable<string> Expand(string pattern)
    {
        var parts = pattern.Split('*');
        if (parts is not [var before, var after])
            return Directory.Exists(pattern) ? [pattern] : [];
        var parent = System.IO.Path.GetDirectoryName(before);
        if (!Directory.Exists(parent))
            return [];
        return Directory.GetDirectories(parent, System.IO.Path.GetFileName(before) + "*")
            .OrderByDescending(VersionOf)
            .ThenByDescending(folder => folder, StringComparer.Ordinal)
            .Select(folder => folder + after);
    }

    static string[] UsualFolders()
    {
        if (OperatingSystem.IsWindows())
        {
            var programs = Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles);
            return [System.IO.Path.Combine(programs, "PostgreSQL", "*", "bin")];
        }
        return
        [
            "/usr/lib/postgresql/*/bin", // Debian, Ubuntu
            "/usr/pgsql-*/bin", // Fedora and RHEL with the packages of postgresql.org
            "/usr/libexec/postgresql*", // Alpine
            "/usr/bin", // Fedora, Arch
            "/opt/homebrew/opt/postgresql@*/bin", // Homebrew on Apple silicon
            "/usr/local/opt/postgresql@*/bin", // Homebrew on Intel
            "/Applications/Postgres.app/Contents/Versions/*/bin",
            "/usr/local/pgsql/bin", // built from source
        ];
    }

    /// <summary>
    /// The real folder of a PATH entry's postgres: packages put links there, and the programs find each other by their
    /// own folder.
    /// </summary>
    static string? FolderBehind(string pathEntry)
    {
        var program = System.IO.Path.Combine(pathEntry, OperatingSystem.IsWindows() ? "postgres.exe" : "postgres");
        if (!File.Exists(program))
            return null;
        var target = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        return System.IO.Path.GetDirectoryName(target);
    }

    async Task<string?> AskPgConfigAsync(CancellationToken cancellation)
    {
        var name = OperatingSystem.IsWindows() ? "pg_config.exe" : "pg_config";
        var program = Path.Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists);
        if (program is null)
            return null;
        try
        {
            var result = await new Command(program, ["--bindir"]).RunAsync(cancellation);
            return result.IsSuccess ? result.Output.Trim() : null;
        }
        catch (LocalPostgresException)
        {
            return null;
        }
    }

    static double VersionOf(string folder) =>
        double.TryParse(VersionNumber().Match(System.IO.Path.GetFileName(folder)).Value, out var version) ? version : 0;

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex VersionNumber();
}
