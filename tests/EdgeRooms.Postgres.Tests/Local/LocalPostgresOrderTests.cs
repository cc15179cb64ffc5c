using EdgeRooms.Postgres.Local;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>
/// The order of the ways to Postgres and the error at its end, with ways that are switched off or made up.
/// </summary>
public sealed class LocalPostgresOrderTests : IDisposable
{
    readonly TestFolder _folder = new();
    readonly List<string> _asked = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_any_way_one_error_names_what_was_tried_and_the_choices()
    {
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => StartAsync(Options(), NothingHere()));

        Assert.Contains("no Postgres programs were found", error.Message);
        Assert.Contains("Docker does not answer", error.Message);
        Assert.Contains(PostgresChoices.InstallHint(), error.Message);
        Assert.Contains("start Docker", error.Message);
        Assert.Contains("EdgeRooms__Postgres=", error.Message);
        Assert.Contains("EDGEROOMS_PG_BIN", error.Message);
        Assert.Contains("--download-postgres", error.Message);
    }

    [Theory]
    [InlineData("apt-get", "sudo apt-get install postgresql")]
    [InlineData("dnf", "sudo dnf install postgresql-server")]
    [InlineData("apk", "apk add postgresql17")]
    [InlineData("none", "your system's package tool")]
    public void The_hint_is_for_the_system_at_hand(string tool, string hint) =>
        Assert.Contains(hint, PostgresChoices.HintFor(name => name == tool));

    [Fact]
    public async Task Docker_is_used_where_no_programs_are()
    {
        var sources = NothingHere() with { StartDocker = (_, _, _) => Task.FromResult(MadeUp("Docker")) };

        await using var postgres = await StartAsync(Options(), sources);

        Assert.Equal("Docker", postgres.Source);
        Assert.Equal("Host=made-up", postgres.ConnectionString);
    }

    [Fact]
    public async Task Rooms_that_are_in_Docker_are_not_left_behind_when_programs_appear()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "docker-volume"), "");
        var withDocker = new PostgresSources { StartDocker = (_, _, _) => Task.FromResult(MadeUp("Docker")) };

        await using (var postgres = await StartAsync(Options(), withDocker))
            Assert.Equal("Docker", postgres.Source);
        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => StartAsync(Options(), NothingHere()));

        Assert.Contains("are in the Docker volume edgerooms-", error.Message);
    }

    [Fact]
    public async Task A_cluster_of_another_version_is_named_and_not_passed_over_for_an_empty_one()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "postgres", "data"));
        File.WriteAllText(Path.Combine(_folder.Path, "postgres", "data", "PG_VERSION"), "12\n");
        var sources = NothingHere() with
        {
            FindBinaries = _ => Task.FromResult<IReadOnlyList<PostgresBinaries>>([new("/somewhere/17/bin", 17)]),
            StartDocker = (_, _, _) => throw new InvalidOperationException("Must not be asked."),
        };

        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => StartAsync(Options(), sources));

        Assert.Contains("were stored by Postgres 12", error.Message);
        Assert.Contains("17 in /somewhere/17/bin", error.Message);
    }

    [Fact]
    public async Task The_flag_downloads_without_a_question()
    {
        await using var postgres = await StartAsync(Options() with { AllowDownload = true }, DownloadGives());

        Assert.Equal("download", postgres.Source);
        Assert.Empty(_asked);
        Assert.Equal("on", await Sql.RunAsync(postgres.ConnectionString, "show fsync"));
    }

    [Fact]
    public async Task On_a_terminal_yes_downloads()
    {
        await using var postgres = await StartAsync(Options(answer: true), DownloadGives());

        Assert.Equal("download", postgres.Source);
        Assert.Single(_asked);
    }

    [Fact]
    public async Task On_a_terminal_no_ends_with_the_choices()
    {
        var options = Options(answer: false);

        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => StartAsync(options, DownloadGives()));

        Assert.Single(_asked);
        Assert.Contains("Choose one of these", error.Message);
    }

    [Fact]
    public async Task A_failed_download_is_among_what_was_tried()
    {
        var sources = NothingHere() with { Download = (_, _, _) => throw new LocalPostgresException("no network") };
        var options = Options() with { AllowDownload = true };

        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => StartAsync(options, sources));

        Assert.Contains("no network", error.Message);
        Assert.Contains("Choose one of these", error.Message);
    }

    [Fact]
    public async Task An_error_lets_the_data_directory_go()
    {
        await Assert.ThrowsAsync<LocalPostgresException>(() => StartAsync(Options(), NothingHere()));

        var again = await Assert.ThrowsAsync<LocalPostgresException>(() => StartAsync(Options(), NothingHere()));

        Assert.DoesNotContain("in use", again.Message);
    }

    [Fact]
    public void Docker_gets_durable_settings_after_the_ones_of_Testcontainers()
    {
        var options = Options() with { ExtraSettings = new Dictionary<string, string> { ["fsync"] = "off" } };

        var arguments = string.Join(' ', DockerPostgres.ArgumentsFor(options));

        Assert.Equal("-c fsync=on -c synchronous_commit=on -c full_page_writes=on", arguments);
    }

    [Fact]
    public void The_default_data_directory_is_the_state_folder_of_the_user()
    {
        Dictionary<string, string?> plain = new() { ["HOME"] = "/home/ann" };
        Dictionary<string, string?> moved = new() { ["HOME"] = "/home/ann", ["XDG_STATE_HOME"] = "/srv/state" };

        Assert.Equal("/home/ann/.local/state/edgerooms", Default(plain, isRoot: false));
        Assert.Equal("/srv/state/edgerooms", Default(moved, isRoot: false));
        Assert.Equal("/var/lib/edgerooms", Default(moved, isRoot: true));

        static string Default(Dictionary<string, string?> variables, bool isRoot) =>
            LocalPostgres.DefaultDataDirectory(variables.GetValueOrDefault, isRoot);
    }

    LocalPostgresOptions Options(bool? answer = null) => new()
    {
        DataDirectory = _folder.Path,
        IsInteractive = answer is not null,
        Ask = question =>
        {
            _asked.Add(question);
            return answer ?? throw new InvalidOperationException("Nobody is there to be asked.");
        },
    };

    static StartedPostgres MadeUp(string source) => new(new Nothing(), "Host=made-up", source);

    static PostgresSources NothingHere() => new()
    {
        FindBinaries = _ => Task.FromResult<IReadOnlyList<PostgresBinaries>>([]),
        StartDocker = (_, _, _) => throw new LocalPostgresException("Docker does not answer"),
        Download = (_, _, _) => throw new InvalidOperationException("Must not be downloaded unasked."),
    };

    /// <summary>A download whose result is this machine's own programs.</summary>
    static PostgresSources DownloadGives() => NothingHere() with
    {
        Download = async (_, _, cancellation) =>
            (await PostgresBinaries.FindAsync(MachinePlaces.OfThisMachine(), cancellation))[0].Folder,
    };

    static Task<LocalPostgres> StartAsync(LocalPostgresOptions options, PostgresSources sources) =>
        LocalPostgres.StartAsync(options, sources, new ProgressLines(), CancellationToken.None);

    sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
