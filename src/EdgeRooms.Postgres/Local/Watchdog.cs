using System.Diagnostics;
using System.Globalization;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// The shell that starts a cluster's Postgres and stops it again. Its standard input is a pipe of this process that
/// nobody writes to.
/// Called by <see cref="Cluster"/>, from one task at a time.
/// It ends when the pipe closes: by <see cref="StopAsync"/>, or by this process's death, however it dies.
/// It promises that a terminal's Ctrl-C, which every process of the group gets, does not reach Postgres before the
/// rooms are done: the shell ignores it and pg_ctl puts Postgres in a session of its own.
/// </summary>
sealed class Watchdog : IAsyncDisposable
{
    // $0 pg_ctl, $1 data, $2 log, $3 postgres' options, $4 own pid file, $5 folder to empty at the end or nothing.
    // All output goes to the log: a pipe to a dead process would kill the shell before it has stopped Postgres.
    const string Script = """
        trap '' INT HUP TERM QUIT
        echo $$ >"$4"
        if ! "$0" start -D "$1" -w -t 300 -l "$2" -o "$3" >/dev/null 2>>"$2" </dev/null; then
          rm -f "$4"; echo FAILED; exit 1
        fi
        echo READY
        while read -r _; do :; done
        "$0" stop -D "$1" -m fast -w -t 30 >/dev/null 2>>"$2" ||
          "$0" stop -D "$1" -m immediate -w -t 10 >/dev/null 2>>"$2"
        stopped=$?
        rm -f "$4"
        [ -z "$5" ] || rm -rf "$5"/*
        exit $stopped
        """;

    static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(45);

    readonly Process _shell;

    Watchdog(Process shell) => _shell = shell;

    /// <summary>The shell's command: <paramref name="options"/> are postgres' own, already quoted.</summary>
    public static Command CommandFor(string pgCtl, ClusterFolder folder, string options, bool deleteAtEnd) => new(
        "/bin/sh",
        ["-c", Script, pgCtl, folder.Data, folder.Log, options, folder.WatchdogPid, deleteAtEnd ? folder.Root : ""]);

    /// <summary>Null where pg_ctl could not start Postgres; the log says why.</summary>
    public static async Task<Watchdog?> StartAsync(Command command, CancellationToken cancellation)
    {
        var watchdog = new Watchdog(command.Start());
        try
        {
            if (await watchdog._shell.StandardOutput.ReadLineAsync(cancellation) == "READY")
                return watchdog;
        }
        catch (OperationCanceledException)
        {
            await watchdog.DisposeAsync();
            throw;
        }
        await watchdog.DisposeAsync();
        return null;
    }

    /// <summary>
    /// Waits for the watchdog of an earlier process: it may still be stopping Postgres, and must not do that to the one
    /// started next.
    /// </summary>
    public static async Task AwaitEarlierAsync(ClusterFolder folder, CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(StopTimeout);
        while (await FindEarlierAsync(folder, cancellation) is { } id)
        {
            try
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), deadline.Token);
            }
            catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
            {
                throw new LocalPostgresException(
                    $"The watchdog of an earlier server (process {id}) still holds {folder.Root}. "
                    + "Stop it and start again.", e);
            }
        }
    }

    /// <summary>
    /// Stops Postgres in order; false where the shell was not there to do it or did not manage in time.
    /// </summary>
    public async Task<bool> StopAsync()
    {
        try
        {
            _shell.StandardInput.Close();
        }
        catch (IOException)
        {
            return false; // somebody killed the shell
        }
        using var deadline = new CancellationTokenSource(StopTimeout);
        try
        {
            await _shell.WaitForExitAsync(deadline.Token);
            return _shell.ExitCode == 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _shell.Dispose();
    }

    static async Task<int?> FindEarlierAsync(ClusterFolder folder, CancellationToken cancellation)
    {
        try
        {
            var text = await File.ReadAllTextAsync(folder.WatchdogPid, cancellation);
            return int.TryParse(text, CultureInfo.InvariantCulture, out var id)
                && await LiveProcess.FindAsync(id, cancellation) is { } process
                && process.CommandLine.Contains(folder.WatchdogPid, StringComparison.Ordinal) ? id : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
