using System.Text.RegularExpressions;

namespace EdgeRooms.Postgres.Local;

/// <summary>A folder with a Postgres server's programs, and the major version they are.</summary>
sealed partial record PostgresBinaries(string Folder, int MajorVersion)
{
    static readonly string[] Needed = ["initdb", "pg_ctl", "postgres"];

    static string Suffix => OperatingSystem.IsWindows() ? ".exe" : "";

    public string Initdb => Path.Combine(Folder, "initdb" + Suffix);

    public string PgCtl => Path.Combine(Folder, "pg_ctl" + Suffix);

    /// <summary>
    /// Everything found, best first. A folder whose programs do not run is left out, unless it was set by hand.
    /// </summary>
    public static async Task<IReadOnlyList<PostgresBinaries>> FindAsync(
        MachinePlaces places, CancellationToken cancellation)
    {
        if (places.Configured is { } configured)
        {
            return [await ReadAsync(configured, cancellation) ?? throw new LocalPostgresException(
                $"{MachinePlaces.ConfiguredVariable} is {configured}, but there is no working initdb, "
                + "pg_ctl and postgres.")];
        }

        var found = new List<PostgresBinaries>();
        foreach (var folder in await places.FoldersAsync(cancellation))
        {
            if (await ReadAsync(folder, cancellation) is { } binaries)
                found.Add(binaries);
        }
        return found;
    }

    /// <summary>Whether the three programs are there.</summary>
    public static bool AreIn(string folder) => Needed.All(name => File.Exists(Path.Combine(folder, name + Suffix)));

    /// <summary>Asks the programs for their version; null where they are missing or do not run here.</summary>
    public static async Task<PostgresBinaries?> ReadAsync(string folder, CancellationToken cancellation)
    {
        if (!AreIn(folder))
            return null;
        try
        {
            var postgres = Path.Combine(folder, "postgres" + Suffix);
            var result = await new Command(postgres, ["--version"]).RunAsync(cancellation);
            var match = VersionNumber().Match(result.Output);
            return result.IsSuccess && match.Success ? new(folder, int.Parse(match.Value)) : null;
        }
        catch (LocalPostgresException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\d+")]
    private static partial Regex VersionNumber();
}
