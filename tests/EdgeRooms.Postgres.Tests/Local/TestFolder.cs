namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>A temporary folder that every user may enter, gone after the test.</summary>
sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        Path = Directory.CreateTempSubdirectory("edgerooms-local-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                Path, File.GetUnixFileMode(Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    public string Path { get; }

    public string Data => System.IO.Path.Combine(Path, "postgres", "data");

    public string PostmasterPidFile => System.IO.Path.Combine(Data, "postmaster.pid");

    public int PostmasterId => int.Parse(File.ReadLines(PostmasterPidFile).First());

    public string WatchdogPidFile => System.IO.Path.Combine(Path, "postgres", "watchdog.pid");

    public int WatchdogId => int.Parse(File.ReadAllText(WatchdogPidFile));

    /// <summary>Rewrites line 1, as a kill and a reused number would leave it.</summary>
    public void WritePostmasterId(int id)
    {
        var lines = File.ReadAllLines(PostmasterPidFile);
        lines[0] = $"{id}";
        File.WriteAllText(PostmasterPidFile, string.Join('\n', lines) + '\n');
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
