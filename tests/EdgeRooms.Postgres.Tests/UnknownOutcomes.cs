using EdgeRooms.Conformance;
using EdgeRooms.Events;
using Npgsql;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Postgres.Tests;

/// <summary>
/// HARD-CASES 4 with a standby that never answers: the commit is on disk and its answer does not come. Changes a setting of the
/// whole server, so nothing runs beside it.
/// </summary>
[Collection(nameof(UnknownOutcomes))]
[CollectionDefinition(nameof(UnknownOutcomes), DisableParallelization = true)]
public sealed class UnknownOutcomes(TestCluster cluster)
{
    [Fact(Timeout = 60_000)]
    public async Task Case_4_A_backend_that_dies_in_its_commit_leaves_the_outcome_unknown()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = (PostgresEventLogWriter)await node.Log.OpenWriterAsync(0, default);
        await using var standby = await MissingStandby.StartAsync(cluster);

        var append = writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        await UntilWaitingAsync(lab, writer.ProcessId, TestContext.Current.CancellationToken);
        await lab.ScalarAsync<object>("select pg_terminate_backend($1)", writer.ProcessId);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => append);
        Assert.IsNotType<AppendRolledBackException>(failure);
        Assert.IsNotType<NodeFencedException>(failure);
        Assert.Equal(1, await lab.ScalarAsync<long>("select count(*) from edgerooms.mt_events"));
    }

    [Fact(Timeout = 60_000)]
    public async Task Case_4_A_cancelled_wait_for_a_standby_is_unknown_although_it_reports_success()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = (PostgresEventLogWriter)await node.Log.OpenWriterAsync(0, default);
        await using var standby = await MissingStandby.StartAsync(cluster);

        var append = writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        await UntilWaitingAsync(lab, writer.ProcessId, TestContext.Current.CancellationToken);
        await lab.ScalarAsync<object>("select pg_cancel_backend($1)", writer.ProcessId);

        await Assert.ThrowsAsync<IOException>(() => append);
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.AppendAsync([Append(Wake("a/2"), 0, Event())]));
    }

    [Fact(Timeout = 60_000)]
    public async Task Case_4_An_answer_that_does_not_come_is_abandoned_and_the_next_writer_ends_its_backend()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = (PostgresEventLogWriter)await node.Log.OpenWriterAsync(0, default);
        int pid = writer.ProcessId;
        writer.AnswerWait = TimeSpan.FromMilliseconds(200);
        Task<IEventLogWriter> opening;
        await using (await MissingStandby.StartAsync(cluster))
        {
            await Assert.ThrowsAsync<TimeoutException>(() => writer.AppendAsync([Append(Wake("a/1"), 0, Event())]));
            opening = node.Log.OpenWriterAsync(0, default);
            while (await lab.ScalarAsync<long>("select count(*) from pg_stat_activity where pid = $1", pid) > 0)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }

        await using var next = await opening;

        Assert.Equal([new AppendConflict(0, 1)], await next.AppendAsync([Append(Wake("a/1"), 0, Event())]));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_fencing_ends_the_sessions_of_a_node_whose_batch_does_not_end()
    {
        await using var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var (stuck, live) = (await lab.StartAsync("n1"), await lab.StartAsync("n2"));
        await using var writer = (PostgresEventLogWriter)await stuck.Log.OpenWriterAsync(0, default);
        await stuck.Leases.ClaimAsync([RoomId.Parse("a/1")], default);
        await lab.MakeSteadyAsync(live);
        await lab.AgeHeartbeatAsync(stuck, TimeSpan.FromSeconds(6));
        Task<IReadOnlyList<AppendConflict>> append;
        Task<IReadOnlyList<Cluster.Claim>> claim;
        await using (await MissingStandby.StartAsync(cluster))
        {
            append = writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
            await UntilWaitingAsync(lab, writer.ProcessId, TestContext.Current.CancellationToken);
            claim = live.Leases.ClaimAsync([RoomId.Parse("a/1")], default);
            await Assert.ThrowsAnyAsync<Exception>(() => append);
        }

        Assert.True((await claim)[0].IsGranted);
        Assert.Equal(1, (await live.Log.LoadAsync("a/1")).Version);
    }

    static async Task UntilWaitingAsync(PostgresLab lab, int pid, CancellationToken cancellation)
    {
        while (await lab.ScalarAsync<string>("select wait_event from pg_stat_activity where pid = $1", pid) != "SyncRep")
        {
            await Task.Delay(10, cancellation);
        }
    }

    /// <summary>While it lives every commit waits for a standby that does not exist.</summary>
    sealed class MissingStandby(TestCluster cluster) : IAsyncDisposable
    {
        public static async Task<MissingStandby> StartAsync(TestCluster cluster)
        {
            var standby = new MissingStandby(cluster);
            await SetAsync(cluster, "nobody");
            try
            {
                await using var probe = NpgsqlDataSource.Create(cluster.ConnectionString("postgres"));
                while (!await CommitsWaitAsync(probe))
                {
                }

                return standby;
            }
            catch
            {
                // Every later test would hang in its first commit.
                await standby.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync() => await SetAsync(cluster, "");

        static async Task SetAsync(TestCluster cluster, string names)
        {
            await cluster.ExecuteAsync("postgres", $"alter system set synchronous_standby_names = '{names}'");
            await cluster.ExecuteAsync("postgres", "select pg_reload_conf()");
        }

        /// <summary>The setting is read by another process of the server some time after the reload.</summary>
        static async Task<bool> CommitsWaitAsync(NpgsqlDataSource probe)
        {
            await using var connection = await probe.OpenConnectionAsync();
            await using var commit = new NpgsqlCommand("select pg_logical_emit_message(true, 'probe', '')", connection);
            var committing = commit.ExecuteScalarAsync();
            await using var look = probe.CreateCommand("select wait_event from pg_stat_activity where pid = $1");
            look.Parameters.Add(new NpgsqlParameter { Value = connection.ProcessID });
            while (!committing.IsCompleted)
            {
                if (await look.ExecuteScalarAsync() is "SyncRep")
                {
                    await using var end = probe.CreateCommand("select pg_terminate_backend($1)");
                    end.Parameters.Add(new NpgsqlParameter { Value = connection.ProcessID });
                    await end.ExecuteNonQueryAsync();
                    await Assert.ThrowsAnyAsync<NpgsqlException>(() => committing);
                    return true;
                }
            }

            return false;
        }
    }
}
