using System.Diagnostics;
using EdgeRooms.Postgres.Local;
using EdgeRooms.Tests.Shared;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>The private cluster over its life, with this machine's real Postgres.</summary>
public sealed class LocalPostgresTests : IDisposable
{
    readonly TestFolder _folder = new();
    readonly ProgressLines _progress = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_stored_is_there_after_a_stop_and_a_start()
    {
        await using (var first = await StartAsync())
            await StoreAsync(first.ConnectionString);

        await using var second = await StartAsync();

        Assert.Equal(7, await Sql.RunAsync(second.ConnectionString, "select number from kept"));
        Assert.StartsWith("binaries in ", second.Source);
        Assert.Single(_progress.Lines, line => line.Contains("initialising a private cluster in " + _folder.Data));
        Assert.DoesNotContain(_progress.Lines, line => line.Contains("recovering"));
    }

    [Fact]
    public async Task A_cluster_that_is_not_for_tests_is_durable_whatever_the_extra_settings_say()
    {
        var settings = new Dictionary<string, string> { ["fsync"] = "off", ["work_mem"] = "5MB" };
        await using var postgres = await LocalPostgres.StartAsync(
            new() { DataDirectory = _folder.Path, ExtraSettings = settings }, _progress, CancellationToken.None);

        foreach (var name in new[] { "fsync", "synchronous_commit", "full_page_writes", "data_checksums" })
            Assert.Equal("on", await Sql.RunAsync(postgres.ConnectionString, $"show {name}"));
        Assert.Equal("5MB", await Sql.RunAsync(postgres.ConnectionString, "show work_mem"));
        Assert.Equal("127.0.0.1", await Sql.RunAsync(postgres.ConnectionString, "show listen_addresses"));
        Assert.Equal("UTF8", await Sql.RunAsync(postgres.ConnectionString, "show server_encoding"));
        const string Collation = "select datcollate from pg_database where datname = 'edgerooms'";
        Assert.Equal("C", await Sql.RunAsync(postgres.ConnectionString, Collation));
    }

    [Fact]
    public async Task Without_the_password_nobody_gets_in()
    {
        await using var postgres = await StartAsync();
        var wrong = new Npgsql.NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guess" };

        var error = await Assert.ThrowsAsync<Npgsql.PostgresException>(
            () => Sql.RunAsync(wrong.ConnectionString, "select 1"));

        Assert.Equal("28P01", error.SqlState);
    }

    [Fact]
    public async Task A_killed_host_leaves_a_cluster_that_the_next_one_starts_with_every_committed_row()
    {
        await using (var host = await HostProcess.StartAsync(_folder.Path))
        {
            await StoreAsync(host.ConnectionString);
            await host.KillAsync();
        }

        await using var next = await StartAsync();

        Assert.Equal(7, await Sql.RunAsync(next.ConnectionString, "select number from kept"));
    }

    [Fact]
    public async Task Postgres_stops_by_itself_when_its_host_dies()
    {
        await using var host = await HostProcess.StartAsync(_folder.Path);
        var postmaster = _folder.PostmasterId;

        await host.KillAsync();

        await Eventually.IsTrueAsync(() => !File.Exists(_folder.PostmasterPidFile), "Postgres has stopped in order");
        await Eventually.IsTrueAsync(async () => await FindAsync(postmaster) is null, "its process is gone");
        await Eventually.IsTrueAsync(() => !File.Exists(_folder.WatchdogPidFile), "the watchdog is done");
    }

    [Fact]
    public async Task An_orderly_host_stops_Postgres_before_it_ends()
    {
        await using var host = await HostProcess.StartAsync(_folder.Path);

        Assert.Contains("stopped", await host.StopInOrderAsync());

        Assert.False(File.Exists(_folder.PostmasterPidFile));
    }

    [Fact]
    public async Task A_terminals_interrupt_does_not_reach_Postgres_before_the_host_stops_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs setsid, to keep the interrupt from the tests themselves.");
        await using var host = await HostProcess.StartAsync(_folder.Path);

        Assert.Equal("interrupted", await host.InterruptGroupAsync());

        await StoreAsync(host.ConnectionString);
        Assert.Contains("stopped", await host.StopInOrderAsync());
        Assert.False(File.Exists(_folder.PostmasterPidFile));
    }

    [Fact]
    public async Task A_killed_watchdog_does_not_keep_an_orderly_stop_from_stopping_Postgres()
    {
        await using (await StartAsync())
        {
            using var watchdog = Process.GetProcessById(_folder.WatchdogId);
            watchdog.Kill();
        }

        Assert.False(File.Exists(_folder.PostmasterPidFile));
    }

    [Fact]
    public async Task A_Postgres_that_outlived_host_and_watchdog_is_stopped_and_started_anew()
    {
        int orphan;
        await using (var host = await HostProcess.StartAsync(_folder.Path))
        {
            await StoreAsync(host.ConnectionString);
            orphan = _folder.PostmasterId;
            using var watchdog = Process.GetProcessById(_folder.WatchdogId);
            watchdog.Kill();
            await host.KillAsync();
        }

        await using var next = await StartAsync();

        Assert.Contains(_progress.Lines, line => line.Contains($"stopping process {orphan}"));
        Assert.NotEqual(orphan, _folder.PostmasterId);
        Assert.Equal(7, await Sql.RunAsync(next.ConnectionString, "select number from kept"));
    }

    [Fact]
    public async Task A_killed_postmaster_is_recovered_by_the_next_start()
    {
        await using (var first = await StartAsync())
        {
            await StoreAsync(first.ConnectionString);
            using var postmaster = Process.GetProcessById(_folder.PostmasterId);
            postmaster.Kill();
        }

        await using var next = await StartAsync();

        Assert.Equal(7, await Sql.RunAsync(next.ConnectionString, "select number from kept"));
        Assert.Contains(_progress.Lines, line => line.Contains("recovering"));
    }

    [Fact]
    public async Task A_stale_pid_file_that_names_a_dead_process_does_not_hinder_the_start()
    {
        using var dead = Process.Start("true");
        await dead.WaitForExitAsync();
        await LeaveStalePidFileAsync(dead.Id);

        await using var next = await StartAsync();

        Assert.Equal(7, await Sql.RunAsync(next.ConnectionString, "select number from kept"));
    }

    [Fact]
    public async Task A_stale_pid_file_that_names_a_stranger_of_the_same_user_does_not_hinder_the_start()
    {
        using var stranger = await StartAsPostgresAsync(new("sleep", ["600"]));
        try
        {
            await LeaveStalePidFileAsync(stranger.Id);

            await using var next = await StartAsync();

            Assert.Equal(7, await Sql.RunAsync(next.ConnectionString, "select number from kept"));
            Assert.False(stranger.HasExited);
        }
        finally
        {
            stranger.Kill();
        }
    }

    [Fact]
    public async Task A_stale_pid_file_that_names_a_zombie_of_the_same_user_does_not_hinder_the_start()
    {
        // The sleep that took the shell's place never collects the shell's child, which ends only then: the shell itself might have.
        using var parent = await StartAsPostgresAsync(new("/bin/sh", ["-c", "sleep 1 & echo $!; exec sleep 600"]));
        try
        {
            var zombie = int.Parse((await parent.StandardOutput.ReadLineAsync())!); // the shell always echoes
            await LeaveStalePidFileAsync(zombie);
            Assert.False(parent.HasExited);
            if (OperatingSystem.IsLinux())
            {
                await Eventually.IsTrueAsync(
                    async () => (await File.ReadAllTextAsync($"/proc/{zombie}/stat")).Contains(") Z "), "the shell's child is a zombie");
            }

            await using var next = await StartAsync();

            Assert.Equal(7, await Sql.RunAsync(next.ConnectionString, "select number from kept"));
        }
        finally
        {
            parent.Kill();
        }
    }

    [Fact]
    public async Task Half_an_initdb_is_removed()
    {
        var half = Path.Combine(_folder.Path, "postgres", "data.init-123");
        Directory.CreateDirectory(Path.Combine(half, "base"));

        await using var postgres = await StartAsync();

        Assert.False(Directory.Exists(half));
        Assert.Equal(1, await Sql.RunAsync(postgres.ConnectionString, "select 1"));
    }

    [Fact]
    public async Task A_second_host_on_the_same_directory_is_told_who_holds_it()
    {
        await using var host = await HostProcess.StartAsync(_folder.Path);

        var error = await Assert.ThrowsAsync<LocalPostgresException>(StartAsync);

        Assert.Contains($"is in use by process {host.Id} (since ", error.Message);
        Assert.Contains("EdgeRooms__DataDirectory", error.Message);
        Assert.Equal(1, await Sql.RunAsync(host.ConnectionString, "select 1"));
    }

    [Fact]
    public async Task Each_test_gets_a_fresh_database_of_the_shared_cluster()
    {
        var one = await TestPostgres.NewDatabaseAsync();
        var two = await TestPostgres.NewDatabaseAsync();

        await Sql.RunAsync(one, "create table only_here (number int)");

        Assert.Equal(0L, await Sql.RunAsync(two, "select count(*) from pg_tables where tablename = 'only_here'"));
        Assert.Equal("300", await Sql.RunAsync(one, "show max_connections"));
    }

    static async Task StoreAsync(string connectionString)
    {
        await Sql.RunAsync(connectionString, "create table kept (number int)");
        await Sql.RunAsync(connectionString, "insert into kept values (7)");
    }

    static Task<LiveProcess?> FindAsync(int id) => LiveProcess.FindAsync(id, CancellationToken.None);

    static async Task<Process> StartAsPostgresAsync(Command command) =>
        (DroppedUser.ForThisProcess() is { } user ? await user.WrapAsync(command, CancellationToken.None) : command)
            .Start();

    /// <summary>A killed Postgres, whose number went to another process.</summary>
    async Task LeaveStalePidFileAsync(int id)
    {
        await using (var first = await StartAsync())
        {
            await StoreAsync(first.ConnectionString);
            using var postmaster = Process.GetProcessById(_folder.PostmasterId);
            postmaster.Kill();
            await Eventually.IsTrueAsync(async () => await FindAsync(postmaster.Id) is null, "the postmaster is dead");
        }
        _folder.WritePostmasterId(id);
    }

    Task<LocalPostgres> StartAsync() =>
        LocalPostgres.StartAsync(new() { DataDirectory = _folder.Path }, _progress, CancellationToken.None);
}
