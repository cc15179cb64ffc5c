using Marten;
using Npgsql;

namespace EdgeRooms.Postgres.Tests;

public sealed class SchemaTests(TestCluster cluster)
{
    [Fact]
    public async Task A_new_database_lacks_all_scripts_and_then_none()
    {
        await using var database = NpgsqlDataSource.Create(await cluster.CreateEmptyDatabaseAsync());

        Assert.Equal([1, 2, 3], await Schema.MissingAsync(database, default));
        Assert.Equal([1, 2, 3], await Schema.ApplyAsync(database, default));
        Assert.Empty(await Schema.MissingAsync(database, default));

        Assert.Empty(await Schema.ApplyAsync(database, default));
    }

    [Fact]
    public async Task Several_processes_may_migrate_at_once()
    {
        string connectionString = await cluster.CreateEmptyDatabaseAsync();
        var databases = Enumerable.Range(0, 4).Select(i => new Database(connectionString, $"n{i}")).ToList();

        var applied = await Task.WhenAll(databases.Select(d => Task.Run(() => Schema.ApplyAsync(d.Direct, default))));

        Assert.Equal([1, 2, 3], applied.SelectMany(a => a).Order());
        foreach (var database in databases)
        {
            await database.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_script_is_what_Marten_exports()
    {
        using var store = DocumentStore.For(o =>
        {
            o.Connection(cluster.ConnectionString("postgres"));
            MartenStore.Configure(o, [new Events.EventType("moved", typeof(Conformance.Moved))], []);
        });

        string exported = Lines(store.Storage.ToDatabaseScript());

        string ours = Lines(Schema.Scripts[0].Sql);
        Assert.True(exported == ours, $"db/001_marten.sql is not what Marten exports. Its export, for a new script:\n{exported}");
    }

    [Fact]
    public async Task Preflight_names_what_loses_events()
    {
        await using var database = NpgsqlDataSource.Create(await cluster.CreateDatabaseAsync());

        var problems = await Preflight.CheckAsync(database, isDevelopment: false, default);

        Assert.Equal(2, problems.Count);
        Assert.Contains(problems, p => p.Contains("fsync", StringComparison.Ordinal));
        Assert.Contains(problems, p => p.Contains("full_page_writes", StringComparison.Ordinal));
        Assert.Empty(await Preflight.CheckAsync(database, isDevelopment: true, default));
    }

    [Fact]
    public async Task A_secret_is_made_once()
    {
        string connectionString = await cluster.CreateDatabaseAsync();
        await using Database one = new(connectionString, "n1"), two = new(connectionString, "n2");

        var keys = await Task.WhenAll(
            new PostgresSecrets(one).GetOrCreateAsync("session", 32, default), new PostgresSecrets(two).GetOrCreateAsync("session", 32, default));

        Assert.Equal(keys[0], keys[1]);
        Assert.Equal(32, keys[0].Length);
    }

    [Theory]
    [InlineData("n1")]
    [InlineData("a-host-with-a-name-of-many-letters.example.internal:router:65535")]
    [InlineData("häns:node")]
    public void A_session_name_fits_what_Postgres_keeps(string node)
    {
        string name = Database.NameSession(node);

        Assert.InRange(name.Length, 20, 63);
        Assert.All(name, c => Assert.True(char.IsAscii(c)));
        Assert.NotEqual(name, Database.NameSession(node));
    }

    [Fact]
    public void A_pool_size_of_the_connection_string_stands()
    {
        using NpgsqlDataSource own = new Database("Host=h;Maximum Pool Size=7", "n1").Pool, ours = new Database("Host=h", "n1").Pool;

        Assert.Contains("Maximum Pool Size=7", own.ConnectionString, StringComparison.Ordinal);
        Assert.Contains("Maximum Pool Size=20", ours.ConnectionString, StringComparison.Ordinal);
    }

    /// <summary>The export without what a text file may differ in.</summary>
    static string Lines(string sql) => string.Join('\n', sql.Split('\n')
        .Select(l => l.TrimEnd()).Where(l => l.Length > 0 && !l.StartsWith("-- M", StringComparison.Ordinal)));
}
