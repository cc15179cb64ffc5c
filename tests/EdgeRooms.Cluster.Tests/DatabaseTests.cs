using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>Postgres goes away under a whole cluster: nothing acked is lost or doubled, and no socket closes.</summary>
public sealed class DatabaseTests(ClusterFixture fixture)
{
    [Fact]
    public async Task Postgres_is_restarted_and_no_process_declares_another_dead()
    {
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "restart", clients: 30, rooms: 12);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));
        await load.AckedAsync(200);
        long boots = await BootsAsync(cluster);

        await fixture.Postgres.RestartAsync();
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(15));

        Assert.Equal(boots, await BootsAsync(cluster));
        await fixture.CheckAsync(load);
    }

    [Fact]
    public async Task Postgres_is_killed_with_9_and_recovers()
    {
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "crash", clients: 30, rooms: 12);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));
        await load.AckedAsync(200);

        await fixture.Postgres.KillAsync();
        await fixture.Postgres.StartAsync();
        load.Mark();
        await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(15));

        await fixture.CheckAsync(load);
    }

    [Fact]
    public async Task All_sessions_of_a_node_are_ended_in_the_database_and_it_goes_on()
    {
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "backends", clients: 30, rooms: 12);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));

        for (int round = 0; round < 3; round++)
        {
            await load.AckedAsync(200);
            Assert.True(await cluster.QueryAsync<long>(
                """
                select count(pg_terminate_backend(s.pid)) from pg_stat_activity s join edgerooms.nodes n on s.application_name = n.session_name
                where n.name = 'node-1' and not n.fenced
                """) > 0);
            load.Mark();
            await load.AllRoomsAckedAsync(TimeSpan.FromSeconds(10));
        }

        await fixture.CheckAsync(load);
    }

    static Task<long> BootsAsync(LiveCluster cluster) => cluster.QueryAsync<long>("select coalesce(sum(boot), 0)::bigint from edgerooms.nodes where not fenced");
}
