namespace EdgeRooms.Tests.Live;

/// <summary>
/// Random faults, one after the other, on a cluster under load. What is done to whom is a pure function of the seed; each fault is waited for until every room has
/// acked a new command, so that a fault without an end is found.
/// </summary>
sealed class Soak(LivePostgres postgres, LiveCluster cluster, Load load, int seed, Action<string> tell)
{
    static readonly TimeSpan RecoversWithin = TimeSpan.FromSeconds(20);

    readonly Random _random = new(seed);

    /// <summary>How many faults of each kind.</summary>
    public SortedDictionary<string, int> Faults { get; } = [];

    public async Task RunAsync(int faults)
    {
        for (int i = 0; i < faults; i++)
        {
            await OneAsync();
        }
    }

    public async Task RunAsync(TimeSpan time)
    {
        var since = System.Diagnostics.Stopwatch.StartNew();
        while (since.Elapsed < time)
        {
            await OneAsync();
        }
    }

    async Task OneAsync()
    {
        var node = cluster.Nodes[_random.Next(cluster.Nodes.Count)];
        int kind = _random.Next(100);
        int acks = _random.Next(50, 400);
        await load.AckedAsync(acks);
        switch (kind)
        {
            case < 30:
                await FaultAsync("kill", node.Name, async () =>
                {
                    await node.KillAsync();
                    await node.StartAsync();
                });
                break;
            case < 50:
                await FaultAsync("drain", node.Name, async () =>
                {
                    int code = await node.StopAsync();
                    if (code != 0)
                    {
                        load.Violation($"{node.Name}: a drain ended with {code}");
                    }

                    await node.StartAsync();
                });
                break;
            case < 65:
                await PauseAsync(node, TimeSpan.FromMilliseconds(_random.Next(200, 3000)));
                break;
            case < 75:
                await PauseAsync(node, TimeSpan.FromMilliseconds(_random.Next(5500, 8000)));
                break;
            case < 90:
                await FaultAsync("backends", node.Name, () => cluster.RowsAsync(
                    "select pg_terminate_backend(s.pid) from pg_stat_activity s join edgerooms.nodes n on s.application_name = n.session_name where n.name = $1",
                    r => r.GetBoolean(0), node.Name));
                break;
            case < 95:
                await FaultAsync("restart", "Postgres", postgres.RestartAsync);
                break;
            default:
                await FaultAsync("crash", "Postgres", async () =>
                {
                    await postgres.KillAsync();
                    await postgres.StartAsync();
                });
                break;
        }
    }

    Task PauseAsync(LiveProcess node, TimeSpan time) => FaultAsync(time > TimeSpan.FromSeconds(5) ? "pause over the lease" : "pause", $"{node.Name} for {time.TotalMilliseconds} ms", async () =>
    {
        node.Pause();
        await Task.Delay(time); // the fault itself
        node.Continue();
    });

    async Task FaultAsync(string kind, string whom, Func<Task> harm)
    {
        Faults[kind] = Faults.GetValueOrDefault(kind) + 1;
        load.Mark();
        await harm();
        load.Mark();
        await load.AllRoomsAckedAsync(RecoversWithin);
        tell($"{kind} {whom}: all rooms go on, {load.AckCount} acks, {load.Violations.Count()} violations");
    }
}
