using System.Net;

using EdgeRooms.Tests.Shared;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A process starts only with settings and a database that can be trusted, and says all that is wrong.</summary>
public sealed class StartTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>
{
    static Dictionary<string, string> Production(string database) => new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["EdgeRooms__Postgres"] = database,
        ["EdgeRooms__Auth__Secret"] = RunningServer.Secret,
    };

    [Fact]
    public async Task Every_wrong_setting_is_told_at_once_by_name_and_nothing_opens()
    {
        var ended = await ServerCommand.RunAsync(new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["EdgeRooms__Auth__Secret"] = "short",
            ["EdgeRooms__Auth__DefaultRights"] = "nonsense",
            ["EdgeRooms__Limits__CommandsPerSecond"] = "0",
            ["EdgeRooms__Limits__FrameBytes"] = "many",
            ["EdgeRooms__Engine__Grace"] = "-00:00:01",
            ["EdgeRooms__Rooms__Bad Kind__Use"] = "relay",
            ["EdgeRooms__Rooms__board__Use"] = "table",
            ["EdgeRooms__AllowedOrigins__0"] = "example.com/",
            ["EdgeRooms__Cluster__Listen"] = "http://name:1",
        }, "--urls", "ftp://x");

        Assert.Equal(78, ended.ExitCode);
        Assert.All(
            ["Auth__Secret", "Auth__DefaultRights", "Limits__CommandsPerSecond", "Limits__FrameBytes", "Engine__Grace", "Rooms__Bad Kind", "Rooms__board__Use",
                "AllowedOrigins__0", "Cluster__Listen", "--urls"],
            setting => Assert.Contains(setting, ended.Errors, StringComparison.Ordinal));
        Assert.DoesNotContain("ready", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_Development_a_database_that_may_lose_events_is_refused()
    {
        var ended = await ServerCommand.RunAsync(Production(await TestPostgres.NewDatabaseAsync()), "--urls", "http://127.0.0.1:0");

        Assert.Equal(78, ended.ExitCode);
        Assert.Contains("fsync", ended.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_is_told_and_the_password_is_not()
    {
        var ended = await ServerCommand.RunAsync(
            Production("Host=127.0.0.1;Port=1;Username=x;Password=hush-hush;Timeout=2"), "--urls", "http://127.0.0.1:0");

        Assert.Equal(78, ended.ExitCode);
        Assert.Contains("EdgeRooms:Postgres", ended.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("hush-hush", ended.Errors + ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_Development_the_schema_comes_from_migrate_and_check_reads_the_streams()
    {
        string database = await postgres.Server.NewDatabaseAsync();
        var without = await ServerCommand.RunAsync(Production(database), "--urls", "http://127.0.0.1:0");
        var migrate = await ServerCommand.RunAsync(Production(database), "migrate");
        var twice = await ServerCommand.RunAsync(Production(database), "migrate");
        await using (var server = new RunningServer { Settings = { ["ASPNETCORE_ENVIRONMENT"] = "Production", ["EdgeRooms__Postgres"] = database } })
        {
            await server.InitializeAsync();
            await using var client = await WireClient.OpenAsync(server, "/rooms/relay/a", server.Token("ann", """{"*":["join","send"]}"""));
            await client.NextAsync("joined");
            await client.BurstAsync(1, 5);
            using var dev = await server.Http.GetAsync($"http://127.0.0.1:{server.Port}/dev/token?user=ann");
            Assert.Equal(HttpStatusCode.NotFound, dev.StatusCode);
            Assert.Equal(0, await server.StopAsync(TimeSpan.FromSeconds(15)));
        }

        var check = await ServerCommand.RunAsync(Production(database), "check");

        Assert.Equal(78, without.ExitCode);
        Assert.Contains("migrate", without.Errors, StringComparison.Ordinal);
        Assert.Equal((0, 0), (migrate.ExitCode, twice.ExitCode));
        Assert.True(check.ExitCode == 0, check.Output + check.Errors);
    }

    [Fact]
    public async Task An_unknown_command_is_told()
    {
        var ended = await ServerCommand.RunAsync(new Dictionary<string, string>(), "destroy");

        Assert.Equal(78, ended.ExitCode);
        Assert.Contains("'destroy'", ended.Errors, StringComparison.Ordinal);
    }
}
