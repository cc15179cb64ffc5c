namespace EdgeRooms.Postgres.Local;

/// <summary>
/// The Postgres of a server that was given no connection string: the machine's programs, Docker, or downloaded
/// programs, in this order.
/// Called by the host: started before anything else, disposed after the last room has stopped.
/// It ends by <see cref="DisposeAsync"/>; after a kill the next start on the same data directory recovers it.
/// It promises one process per data directory, the same data at each start, and durable settings outside tests.
/// </summary>
/// <remarks>
/// The data directory is <c>/var/lib/edgerooms</c> for root, <c>$XDG_STATE_HOME/edgerooms</c> or
/// <c>~/.local/state/edgerooms</c> for other users, <c>%LOCALAPPDATA%\EdgeRooms</c> on Windows. It does not depend on
/// the current folder or the checkout, so a server started from elsewhere finds its rooms; two servers at once need a
/// folder each.
/// </remarks>
sealed class LocalPostgres : IAsyncDisposable
{
    public const string User = "edgerooms";
    public const string Database = "edgerooms";

    const string DownloadQuestion =
        "No Postgres was found on this machine. Download its programs (about 15 MB, from Maven Central) for the rooms?";

    readonly DirectoryLock _lock;
    readonly IAsyncDisposable _server;

    LocalPostgres(DirectoryLock directoryLock, StartedPostgres started)
    {
        _lock = directoryLock;
        _server = started.Server;
        ConnectionString = started.ConnectionString;
        Source = started.Source;
    }

    /// <summary>For Npgsql; has a password in it, so it is not for logs. The port differs at each start.</summary>
    public string ConnectionString { get; }

    /// <summary>
    /// Where this Postgres is from, for the user's eyes: <c>binaries in …</c>, <c>Docker</c> or <c>download</c>.
    /// </summary>
    public string Source { get; }

    /// <summary>The same folder at each start; see the type's remarks.</summary>
    public static string DefaultDataDirectory() =>
        DefaultDataDirectory(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess);

    public static string DefaultDataDirectory(Func<string, string?> variable, bool isRoot)
    {
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "EdgeRooms");
        if (isRoot)
            return "/var/lib/edgerooms";
        if (variable("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state))
            return Path.Combine(state, "edgerooms");
        return variable("HOME") is { Length: > 0 } home
            ? Path.Combine(home, ".local", "state", "edgerooms")
            : throw new LocalPostgresException(
                "This user has no home folder. Set EdgeRooms__DataDirectory to where the rooms shall be kept.");
    }

    /// <summary>
    /// Finds and starts it. Throws <see cref="LocalPostgresException"/>, whose message says what to do, where that
    /// cannot be.
    /// </summary>
    public static Task<LocalPostgres> StartAsync(
        LocalPostgresOptions options, IProgress<string> progress, CancellationToken cancellation) =>
        StartAsync(options, new(), progress, cancellation);

    public static async Task<LocalPostgres> StartAsync(
        LocalPostgresOptions options,
        PostgresSources sources,
        IProgress<string> progress,
        CancellationToken cancellation)
    {
        options = options with { DataDirectory = Path.GetFullPath(options.DataDirectory) };
        var directoryLock = DirectoryLock.Take(options.DataDirectory);
        try
        {
            var started = DockerPostgres.HasData(options.DataDirectory)
                ? await ResumeInDockerAsync(options, sources, progress, cancellation)
                : await StartFirstFoundAsync(options, sources, progress, cancellation);
            return new(directoryLock, started);
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    /// <summary>Stops Postgres in order, then lets the data directory go.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _lock.Dispose();
    }

    static async Task<StartedPostgres> StartFirstFoundAsync(
        LocalPostgresOptions options,
        PostgresSources sources,
        IProgress<string> progress,
        CancellationToken cancellation)
    {
        var (folder, user) = await ClusterPlace.PrepareAsync(options.DataDirectory, progress, cancellation);
        var place = new ClusterStart(folder, user, options, progress);
        var tried = new List<string>();

        var found = await sources.FindBinaries(cancellation);
        if (place.Choose(found) is { } binaries)
            return await place.RunAsync(binaries, $"binaries in {binaries.Folder}", cancellation);
        tried.Add(place.WhyNone(found));

        if (await place.FindDownloadedAsync(cancellation) is { } downloaded)
            return await place.RunAsync(downloaded, "download", cancellation);

        // A cluster that is there already must not be passed over for an empty database in Docker.
        if (!folder.HasCluster)
        {
            try
            {
                return await sources.StartDocker(options, progress, cancellation);
            }
            catch (LocalPostgresException e)
            {
                tried.Add(e.Message);
            }
        }

        if (options.AllowDownload || (options.IsInteractive && options.Ask(DownloadQuestion)))
        {
            try
            {
                return await StartDownloadedAsync(place, sources, cancellation);
            }
            catch (LocalPostgresException e)
            {
                tried.Add(e.Message);
            }
        }
        throw PostgresChoices.ErrorFor(tried, PostgresChoices.InstallHint());
    }

    static async Task<StartedPostgres> StartDownloadedAsync(
        ClusterStart place, PostgresSources sources, CancellationToken cancellation)
    {
        place.Progress.Report($"Postgres: downloading its programs into {place.DownloadFolder}");
        ClusterPlace.CreateForAll(place.DownloadFolder);
        var programs = await sources.Download(place.DownloadFolder, place.Folder.MajorVersion, cancellation);
        return await PostgresBinaries.ReadAsync(programs, cancellation) is { } binaries
            ? await place.RunAsync(binaries, "download", cancellation)
            : throw new LocalPostgresException($"the downloaded programs in {programs} do not run on this machine");
    }

    static async Task<StartedPostgres> ResumeInDockerAsync(
        LocalPostgresOptions options,
        PostgresSources sources,
        IProgress<string> progress,
        CancellationToken cancellation)
    {
        try
        {
            return await sources.StartDocker(options, progress, cancellation);
        }
        catch (LocalPostgresException e)
        {
            throw new LocalPostgresException(
                $"The rooms of {options.DataDirectory} are in the Docker volume "
                + $"{DockerPostgres.VolumeFor(options.DataDirectory)}, but: {e.Message}. Start Docker; "
                + "or give the server another EdgeRooms__DataDirectory to begin with no rooms.", e);
        }
    }
}
