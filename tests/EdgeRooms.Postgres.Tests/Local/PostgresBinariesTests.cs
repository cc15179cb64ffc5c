using System.Runtime.Versioning;
using EdgeRooms.Postgres.Local;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>Finding Postgres' programs, in folders made up for it.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PostgresBinariesTests : IDisposable
{
    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_folder_set_by_hand_is_the_only_one_that_counts()
    {
        var configured = FakePrograms.Create(In("mine"), "14.9");
        var path = FakePrograms.Create(In("path"), "17.2");

        var found = await FindAsync(new() { Configured = configured, Path = [path] });

        Assert.Equal([new PostgresBinaries(configured, 14)], found);
    }

    [Fact]
    public async Task A_folder_set_by_hand_without_programs_is_an_error_that_names_the_setting()
    {
        var places = new MachinePlaces { Configured = In("empty") };

        var error = await Assert.ThrowsAsync<LocalPostgresException>(() => FindAsync(places));

        Assert.Contains("EDGEROOMS_PG_BIN", error.Message);
        Assert.Contains(In("empty"), error.Message);
    }

    [Fact]
    public async Task Path_comes_before_pg_config_and_that_before_the_usual_places_with_the_newest_first()
    {
        var real = FakePrograms.Create(In("real"), "13.1");
        var links = Directory.CreateDirectory(In("links")).FullName;
        File.CreateSymbolicLink(Path.Combine(links, "postgres"), Path.Combine(real, "postgres"));
        var told = FakePrograms.Create(In("told"), "16.3");
        FakePrograms.Script(Path.Combine(links, "pg_config"), $"[ \"$1\" = --bindir ] && echo '{told}'");
        foreach (var version in new[] { "9.6", "15", "17" })
            FakePrograms.Create(In($"lib/postgresql/{version}/bin"), version);

        var found = await FindAsync(new() { Path = [links], Usual = [In("lib/postgresql/*/bin"), In("none/*/bin")] });

        string[] usual = [In("lib/postgresql/17/bin"), In("lib/postgresql/15/bin"), In("lib/postgresql/9.6/bin")];
        Assert.Equal([real, told, .. usual], found.Select(b => b.Folder));
        Assert.Equal([13, 16, 17, 15, 9], found.Select(b => b.MajorVersion));
    }

    [Theory]
    [InlineData("pgsql-*/bin", "pgsql-16/bin", "pgsql-9/bin")]
    [InlineData("opt/postgresql@*/bin", "opt/postgresql@17/bin", "opt/postgresql@14/bin")]
    public void Usual_places_of_Fedora_and_Homebrew_are_newest_first(string pattern, string newest, string oldest)
    {
        Directory.CreateDirectory(In(oldest));
        Directory.CreateDirectory(In(newest));

        Assert.Equal([In(newest), In(oldest)], MachinePlaces.Expand(In(pattern)));
    }

    [Fact]
    public async Task A_folder_that_lacks_a_program_or_whose_programs_do_not_run_is_passed_over()
    {
        var clientOnly = In("client");
        Directory.CreateDirectory(clientOnly);
        FakePrograms.Script(Path.Combine(clientOnly, "postgres"), "echo 17");
        var broken = FakePrograms.Create(In("broken"), "17");
        FakePrograms.Script(Path.Combine(broken, "postgres.new"), "echo missing library >&2; exit 127");
        File.Move(Path.Combine(broken, "postgres.new"), Path.Combine(broken, "postgres"), overwrite: true);
        var whole = FakePrograms.Create(In("whole"), "15.18 (Debian 15.18-0+deb12u1)");

        var found = await FindAsync(new() { Path = [clientOnly, broken, whole] });

        Assert.Equal([new PostgresBinaries(whole, 15)], found);
    }

    [Fact]
    public async Task This_machine_has_what_the_tests_of_the_cluster_need_or_they_fail()
    {
        var found = await FindAsync(MachinePlaces.OfThisMachine());

        Assert.All(found, b => Assert.True(PostgresBinaries.AreIn(b.Folder)));
    }

    string In(string path) => Path.Combine(_folder.Path, path);

    static Task<IReadOnlyList<PostgresBinaries>> FindAsync(MachinePlaces places) =>
        PostgresBinaries.FindAsync(places, CancellationToken.None);
}
