using System.Runtime.Versioning;
using EdgeRooms.Postgres.Local;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>Dropping root; where the tests do not run as root, the wrapping is checked by its words alone.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class DroppedUserTests : IDisposable
{
    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("root:x:0:0::/root:/bin/sh|nobody:x:65534:65534::/:/bin/false|postgres:x:9:9::/:/bin/sh", "postgres")]
    [InlineData("root:x:0:0::/root:/bin/sh|nobody:x:99:99::/:/bin/false", "nobody")]
    [InlineData("root:x:0:0::/root:/bin/sh|overflow:x:65534:65534::/:/bin/false", "overflow")]
    public void Postgres_is_preferred_then_nobody_then_its_number(string passwd, string name) =>
        Assert.Equal(name, DroppedUser.Choose(passwd.Split('|')).Name);

    [Fact]
    public void Without_an_unprivileged_user_the_error_says_what_to_do()
    {
        var error = Assert.Throws<LocalPostgresException>(() => DroppedUser.Choose(["root:x:0:0::/root:/bin/sh"]));

        Assert.Contains("useradd", error.Message);
    }

    [Fact]
    public void A_command_keeps_its_arguments_by_setpriv_and_by_su()
    {
        var user = new DroppedUser("postgres", "101", "104");
        var command = new Command("/bin/echo", ["it's", "a b"]);

        Assert.Equal(["--reuid=101", "--regid=104", "--clear-groups", "--", "/bin/echo", "it's", "a b"],
            user.BySetpriv(command).Arguments);
        Assert.Equal(["-s", "/bin/sh", "postgres", "-c", @"'/bin/echo' 'it'\''s' 'a b'"], user.BySu(command).Arguments);
    }

    [Fact]
    public async Task Root_runs_commands_as_the_dropped_user_both_ways()
    {
        var user = DroppedUser.ForThisProcess();
        Assert.SkipWhen(user is null, "Only root has a user to drop to.");

        foreach (var command in new[] { user.BySetpriv(new("id", ["-u"])), user.BySu(new("id", ["-u"])) })
            Assert.Equal(user.UserId, (await command.RunAsync(CancellationToken.None)).OrThrow("id").Output.Trim());
    }

    [Fact]
    public async Task Under_a_home_the_dropped_user_cannot_enter_the_cluster_moves_to_the_systems_state_folder()
    {
        var home = Directory.CreateDirectory(
            Path.Combine(_folder.Path, "home"),
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        var progress = new ProgressLines();

        var (folder, user) = await ClusterPlace.PrepareAsync(
            Path.Combine(home, "rooms"), progress, CancellationToken.None);

        if (user is null)
        {
            Assert.Equal(Path.Combine(home, "rooms", "postgres"), folder.Root);
            return;
        }
        Assert.StartsWith("/var/lib/edgerooms/", folder.Root);
        Assert.Contains(progress.Lines, line => line.Contains(folder.Root));
        Assert.True(await user.CanWriteAsync(folder.Root, CancellationToken.None));
        Directory.Delete(Path.GetDirectoryName(folder.Root)!, recursive: true); // it has a parent: see above
    }
}
