using EdgeRooms.Rooms;
using EdgeRooms.Server.Tests.Protocol;

using Microsoft.Extensions.DependencyInjection;

namespace EdgeRooms.Server.Tests.Examples;

public sealed class ReadmeProgramTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>
{
    [Fact]
    public void The_README_shows_the_program_that_is_compiled_here()
    {
        string readme = Read("README.md");
        var lines = Read("ReadmeProgram.cs").Split('\n').Select(l => l.Trim()).SkipWhile(l => !l.StartsWith("var builder", StringComparison.Ordinal))
            .TakeWhile(l => !l.StartsWith("return", StringComparison.Ordinal));

        Assert.Contains(string.Join('\n', lines) + "\napp.Run();", readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_knows_its_kind()
    {
        await using var app = ReadmeProgram.Build(["--environment=Development"], "Host=127.0.0.1;Username=nobody;Database=none");

        Assert.NotNull(app.Services.GetRequiredService<KindRegistry>().Find("counter"));
    }

    [Fact]
    public async Task In_Development_the_program_starts_on_an_empty_database()
    {
        await using var app = ReadmeProgram.Build([.. Settings("Development")], await postgres.Server.NewDatabaseAsync());

        await app.StartAsync();

        Assert.Equal("alive", await new HttpClient().GetStringAsync($"{app.Urls.First()}/healthz"));
        await app.StopAsync();
    }

    [Fact]
    public async Task Elsewhere_it_says_what_to_do_and_starts_after_that()
    {
        string database = await postgres.Server.NewDatabaseAsync();
        await using (var early = ReadmeProgram.Build([.. Settings("Production")], database))
        {
            var refused = await Assert.ThrowsAsync<DatabaseNotReadyException>(() => early.StartAsync());
            Assert.Contains("EdgeRoomsSchema.MigrateAsync", refused.Message, StringComparison.Ordinal);
        }

        Assert.NotEmpty(await EdgeRoomsSchema.MigrateAsync(database));
        Assert.Empty(await EdgeRoomsSchema.MigrateAsync(database));

        await using var app = ReadmeProgram.Build([.. Settings("Production")], database);
        await app.StartAsync();
        await app.StopAsync();
    }

    static IEnumerable<string> Settings(string environment) =>
        [$"--environment={environment}", "--urls=http://127.0.0.1:0", $"--EdgeRooms:Auth:Secret={RunningServer.Secret}", $"--EdgeRooms:Cluster:Secret={RunningServer.Secret}"];

    static string Read(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Examples", file)).ReplaceLineEndings("\n");
}
