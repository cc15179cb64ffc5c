using System.Net;
using System.Net.Sockets;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// A private cluster and the Postgres process that runs it.
/// Called by <see cref="LocalPostgres"/>, which holds the directory's lock for as long as this lives, from one task at
/// a time.
/// It ends by <see cref="DisposeAsync"/>, or with this process, by the <see cref="Watchdog"/> (on Windows the next
/// start recovers it).
/// It promises durable settings outside tests, and that what an earlier process left (a running Postgres, a dead one's
/// pid file, half an initdb) is put right before anything starts.
/// </summary>
sealed class Cluster : IAsyncDisposable
{
    static readonly TimeSpan RetryFor = TimeSpan.FromSeconds(30);
    static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan StopWait = TimeSpan.FromSeconds(60);
    const long LogBytesMax = 8 << 20;

    // What a start says when it only came too early: another program took the port, a killed postmaster's children or
    // its uncollected zombie are still there.
    static readonly string[] Transient =
        ["could not bind", "is still in use", "lock file \"postmaster.pid\"", "could not create any TCP/IP sockets"];

    readonly PostgresBinaries _binaries;
    readonly ClusterFolder _folder;
    readonly DroppedUser? _user;
    readonly LocalPostgresOptions _options;
    readonly PostmasterPid _pid;
    Watchdog? _watchdog;

    Cluster(PostgresBinaries binaries, ClusterFolder folder, DroppedUser? user, LocalPostgresOptions options)
    {
        _binaries = binaries;
        _folder = folder;
        _user = user;
        _options = options;
        _pid = new(folder.Data);
    }

    /// <summary>The port of this start; a restart has another.</summary>
    public int Port { get; private set; }

    /// <summary>The superuser's password, which never leaves this machine's disk.</summary>
    public string Password { get; private set; } = "";

    /// <summary>Makes the cluster on first use, recovers it where need be, and starts it.</summary>
    public static async Task<Cluster> StartAsync(
        PostgresBinaries binaries,
        ClusterFolder folder,
        DroppedUser? user,
        LocalPostgresOptions options,
        IProgress<string> progress,
        CancellationToken cancellation)
    {
        var cluster = new Cluster(binaries, folder, user, options);
        await Watchdog.AwaitEarlierAsync(folder, cancellation);
        folder.RemoveUnfinished();
        cluster.Password = await cluster.KeepPasswordAsync(cancellation);
        if (!folder.HasCluster)
            await cluster.InitialiseAsync(progress, cancellation);
        await cluster.StopOrphanAsync(progress, cancellation);
        await cluster.StartWithRetriesAsync(progress, cancellation);
        return cluster;
    }

    /// <summary>Stops Postgres in order; connections that are still open are ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_watchdog is not null && await _watchdog.StopAsync())
        {
            await _watchdog.DisposeAsync();
            return;
        }
        using var deadline = new CancellationTokenSource(StopWait);
        if (await _pid.FindPostmasterAsync(deadline.Token) is not null)
            await StopAsync("fast", deadline.Token);
    }

    async Task<string> KeepPasswordAsync(CancellationToken cancellation)
    {
        var (password, isNew) = await KeptPassword.ReadOrCreateAsync(_folder.Password, cancellation);
        if (isNew && _user is not null)
            await _user.OwnAsync(_folder.Password, cancellation);
        return password;
    }

    async Task InitialiseAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        progress.Report($"Postgres: initialising a private cluster in {_folder.Data}");
        string[] care = _options.ForTests ? ["--no-sync"] : ["--data-checksums"];
        var initdb = await AsUserAsync(new(_binaries.Initdb,
            ["-D", _folder.Unfinished, "-U", LocalPostgres.User, "-A", "scram-sha-256", $"--pwfile={_folder.Password}",
             "-E", "UTF8", "--locale=C", .. care]), cancellation);
        (await initdb.RunAsync(cancellation)).OrThrow("initdb");
        Directory.Move(_folder.Unfinished, _folder.Data);
    }

    /// <summary>
    /// A Postgres that outlived its server and watchdog (all were killed together) has settings and a port of its own:
    /// it goes.
    /// </summary>
    async Task StopOrphanAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        if (await _pid.FindPostmasterAsync(cancellation) is { } id)
        {
            progress.Report($"Postgres: stopping process {id}, which an earlier server left running");
            await StopAsync("fast", cancellation);
            if (await _pid.FindPostmasterAsync(cancellation) is not null)
                (await StopAsync("immediate", cancellation)).OrThrow("pg_ctl stop");
        }
        if (_pid.Read() is not null)
        {
            progress.Report("Postgres: the last run did not end in order; recovering");
            _pid.Disown();
        }
    }

    async Task StartWithRetriesAsync(IProgress<string> progress, CancellationToken cancellation)
    {
        progress.Report($"Postgres: starting version {_binaries.MajorVersion} from {_binaries.Folder}");
        var giveUpAt = DateTime.UtcNow + RetryFor;
        while (true)
        {
            Port = FindFreePort();
            var logStart = TrimLog();
            if (await TryStartAsync(cancellation))
                return;
            var said = ReadLogFrom(logStart);
            if (DateTime.UtcNow > giveUpAt || !Transient.Any(t => said.Contains(t, StringComparison.Ordinal)))
                throw new LocalPostgresException($"Postgres did not start in {_folder.Data}. Its log says:\n{said}");
            await Task.Delay(RetryPause, cancellation);
            await StopOrphanAsync(progress, cancellation);
        }
    }

    async Task<bool> TryStartAsync(CancellationToken cancellation)
    {
        var options = ClusterSettings.ToOptions(ClusterSettings.From(_options, Port, _folder.Socket));
        if (OperatingSystem.IsWindows())
            return await StartUnwatchedAsync(options, cancellation);
        var command = Watchdog.CommandFor(_binaries.PgCtl, _folder, options, _options.DeleteOnStop);
        _watchdog = await Watchdog.StartAsync(await AsUserAsync(command, cancellation), cancellation);
        return _watchdog is not null;
    }

    /// <summary>
    /// Not run here: Windows. Its output is not read to the end, since Postgres inherits the pipe and keeps it open.
    /// </summary>
    async Task<bool> StartUnwatchedAsync(string options, CancellationToken cancellation)
    {
        using var start = new Command(
            _binaries.PgCtl,
            ["start", "-D", _folder.Data, "-w", "-t", "300", "-l", _folder.Log, "-o", options]).Start();
        await start.WaitForExitAsync(cancellation);
        return start.ExitCode == 0;
    }

    async Task<CommandResult> StopAsync(string mode, CancellationToken cancellation)
    {
        var stop = new Command(_binaries.PgCtl, ["stop", "-D", _folder.Data, "-m", mode, "-w", "-t", "30"]);
        return await (await AsUserAsync(stop, cancellation)).RunAsync(cancellation);
    }

    async Task<Command> AsUserAsync(Command command, CancellationToken cancellation) =>
        _user is null ? command : await _user.WrapAsync(command, cancellation);

    /// <summary>
    /// Postgres does not take port 0. Between this and its start another program may take the port; then the start is
    /// tried again.
    /// </summary>
    static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>
    /// Keeps the log bounded (the last one is kept beside it); returns where the next start will write.
    /// </summary>
    long TrimLog()
    {
        var log = new FileInfo(_folder.Log);
        if (!log.Exists)
            return 0;
        if (log.Length <= LogBytesMax)
            return log.Length;
        File.Move(_folder.Log, _folder.Log + ".old", overwrite: true);
        return 0;
    }

    string ReadLogFrom(long start)
    {
        if (!File.Exists(_folder.Log))
            return "(nothing)";
        using var file = new FileStream(
            _folder.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Position = start;
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Trim();
    }
}
