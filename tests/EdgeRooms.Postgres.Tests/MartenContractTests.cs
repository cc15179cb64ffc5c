using EdgeRooms.Conformance;
using EdgeRooms.Events;
using EdgeRooms.Rooms;
using JasperFx;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Aggregation;
using Microsoft.Extensions.DependencyInjection;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Postgres.Tests;

/// <summary>
/// What our append writes are ordinary Marten events, and what Marten writes we go on from. Must pass before Marten's version
/// is raised.
/// </summary>
public sealed class MartenContractTests(TestCluster cluster)
{
    [Fact]
    public async Task The_database_matches_Martens_configuration()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        await using var provider = Provider(lab, projects: false);

        await provider.GetRequiredService<IDocumentStore>().Storage.Database.AssertDatabaseMatchesConfigurationAsync();
    }

    [Fact]
    public async Task Marten_reads_what_we_append_and_we_go_on_from_what_Marten_appends()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        await using var provider = Provider(lab);
        var store = provider.GetRequiredService<IDocumentStore>();
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var room = Wake("chess/42");
        await writer.AppendAsync([Append(room, 0, Event(1), Event(2))]);

        await using (var session = store.LightweightSession())
        {
            var events = await session.Events.FetchStreamAsync("chess/42");
            Assert.Equal([new Moved(1), new Moved(2)], events.Select(e => (Moved)e.Data));
            Assert.Equal([1, 2], events.Select(e => e.Version));
            Assert.All(events, e => Assert.Equal(("moved", At), (e.EventTypeName, e.Timestamp)));
            Assert.Equal("session-a", events[0].Headers!["s"]!.ToString());
            Assert.Equal(2, (await session.Events.FetchStreamStateAsync("chess/42"))!.Version);
            session.Events.Append("chess/42", 3, new Moved(3));
            await session.SaveChangesAsync();
        }

        Assert.Equal([new AppendConflict(0, 3)], await writer.AppendAsync([Append(room, 2, Event(3))]));
        Assert.Empty(await writer.AppendAsync([Append(room, 3, Event(4))]));

        var stored = await node.Log.LoadAsync("chess/42");
        Assert.Equal([1, 2, 3, 4], stored.Tail.Select(e => e.Version));
        Assert.Equal("""{"to":3}""", EventLogConformance.Text(stored.Tail[2].Body));
        await using (var session = store.QuerySession())
        {
            Assert.Equal(10, (await session.Events.AggregateStreamAsync<MoveTotal>("chess/42"))!.Sum);
        }
    }

    [Fact]
    public async Task A_rehearsed_load_reads_events_that_are_in_no_table()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");

        Assert.Equal(64, await node.Log.RehearseAsync(default));
        Assert.Equal(0, await lab.ScalarAsync<long>("select count(*) from edgerooms.mt_events"));
    }

    [Fact]
    public async Task The_async_daemon_projects_what_we_append()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        await using var provider = Provider(lab);
        var store = provider.GetRequiredService<IDocumentStore>();
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(AutoCreate.CreateOrUpdate);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        using var daemon = await store.BuildProjectionDaemonAsync();
        await daemon.StartAllAsync();

        await writer.AppendAsync([Append(Wake("chess/1"), 0, Event(1), Event(2)), Append(Wake("chess/2"), 0, Event(5))]);
        await writer.AppendAsync([Append(Wake("chess/1"), 1, Event(9)), Append(Wake("chess/2"), 1, Event(6))]);
        await daemon.WaitForNonStaleData(TimeSpan.FromSeconds(20));

        await using var session = store.QuerySession();
        Assert.Equal(3, (await session.LoadAsync<MoveTotal>("chess/1"))!.Sum);
        Assert.Equal(11, (await session.LoadAsync<MoveTotal>("chess/2"))!.Sum);
        await daemon.StopAllAsync();
    }

    [Fact]
    public async Task Marten_reads_snapshots_as_documents()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        await using var provider = Provider(lab);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("chess/42"), 0, Event(1))]);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(Wake("chess/42"), 1), default);

        await using var session = provider.GetRequiredService<IDocumentStore>().QuerySession();
        var snapshot = (await session.LoadAsync<RoomSnapshot>("chess/42"))!;

        Assert.Equal((1, 1, 3), (snapshot.Epoch, snapshot.Version, snapshot.StateVersion));
        Assert.Equal(2, snapshot.State.GetProperty("x").GetArrayLength());
    }

    [Fact]
    public async Task Marten_reads_old_events_by_the_kinds_upcaster()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        await using var provider = Provider(lab);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        var old = Event(1, body: """{"x":4,"y":3}""") with { Type = new EventType("stepped", typeof(Stepped)) };
        await writer.AppendAsync([Append(Wake("chess/42"), 0, old, Event(2))]);

        await using var session = provider.GetRequiredService<IDocumentStore>().QuerySession();
        var events = await session.Events.FetchStreamAsync("chess/42");

        Assert.Equal([new Moved(7), new Moved(2)], events.Select(e => (Moved)e.Data));
    }

    [Fact]
    public async Task Lost_appends_burn_no_sequence_numbers()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);

        foreach (int _ in Enumerable.Range(0, 5))
        {
            await writer.AppendAsync([Append(Wake("a/1"), 0, Event()), Append(Wake("a/2"), 3, Event())]);
        }

        Assert.Equal(1L, await lab.ScalarAsync<long>("select last_value from edgerooms.mt_events_sequence"));
    }

    static ServiceProvider Provider(PostgresLab lab, bool projects = true)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new Cluster.NodeAddress("contract", "127.0.0.1:1"));
        services.AddSingleton<KindRegistry>();
        new EdgeRoomsBuilder(services).AddRoom<MoveRoom>(
            "chess", o => o.UpcastEvent<Stepped, Moved>("stepped", s => new Moved(s.X + s.Y))).UsePostgres(
            lab.ConnectionString,
            projects ? o => o.Projections.Add<MoveTotalProjection>(ProjectionLifecycle.Async) : null);
        return services.BuildServiceProvider();
    }
}

public sealed class MoveTotal
{
    public string Id { get; set; } = "";

    public int Sum { get; set; }
}

sealed record Stepped(int X, int Y);

sealed record MoveState(int Sum)
{
    public MoveState()
        : this(0)
    {
    }
}

sealed class MoveRoom : Room<MoveState>
{
    public static MoveState Apply(MoveState state, Moved moved) => new(state.Sum + moved.To);
}

sealed partial class MoveTotalProjection : SingleStreamProjection<MoveTotal, string>
{
    public static void Apply(Moved moved, MoveTotal total) => total.Sum += moved.To;
}
