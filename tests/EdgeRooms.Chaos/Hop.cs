using System.Diagnostics;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Chaos;

/// <summary>What the way from a router to a node costs: the same clients against one process of both roles, and against a router with a node.</summary>
static class Hop
{
    public static async Task<int> RunAsync(ChaosOptions options)
    {
        int clients = options.Number("clients", 100);
        var time = TimeSpan.FromSeconds(options.Number("seconds", 10));
        Console.WriteLine($"{clients} clients in {clients} rooms; full speed = 8 commands under way a client, calm = 1 command each 500 ms a client");
        int worst = 0;
        double[] rates = new double[2];
        float[] calm = new float[2];
        foreach (int i in (int[])[0, 1])
        {
            await using var postgres = await LivePostgres.StartNewAsync();
            await using var cluster = new LiveCluster(await postgres.NewDatabaseAsync());
            foreach (string role in i == 0 ? (string[])["all"] : ["node", "router"])
            {
                cluster.Add($"{role}-1", role);
            }

            await cluster.StartAllAsync();
            (rates[i], float busy, int failed) = await MeasureAsync(cluster, $"warm{i}", clients, null, time / 2);
            (rates[i], busy, failed) = await MeasureAsync(cluster, $"full{i}", clients, null, time);
            (_, calm[i], int failedToo) = await MeasureAsync(cluster, $"calm{i}", clients, TimeSpan.FromMilliseconds(500), time);
            worst = Math.Max(worst, Math.Max(failed, failedToo));
            Console.WriteLine($"{(i == 0 ? "one process of both roles" : "router + node"),-26} full speed {rates[i]:0} acks/s, p50 {busy:0.0} ms; calm p50 {calm[i]:0.00} ms");
        }

        Console.WriteLine($"the hop costs {(1 - (rates[1] / rates[0])) * 100:0} % of throughput (goal: at most 30 %) and adds {calm[1] - calm[0]:0.00} ms at p50 when calm (goal: under 1 ms)");
        return worst;
    }

    static async Task<(double Rate, float Median, int Failed)> MeasureAsync(LiveCluster cluster, string name, int clients, TimeSpan? every, TimeSpan time)
    {
        await using var load = new Load(cluster, name, clients, clients, window: every is null ? 8 : 1);
        await load.StartAsync(every);
        await load.AckedAsync(clients * 5L);
        load.ForgetTimes();
        long before = load.AckCount;
        var since = Stopwatch.StartNew();
        await Task.Delay(time); // the measurement's own time
        double rate = (load.AckCount - before) / since.Elapsed.TotalSeconds;
        float median = load.Times.At(0.5);
        var violations = await load.FinishAsync(TimeSpan.FromSeconds(60));
        foreach (string violation in violations.Take(5))
        {
            Console.WriteLine("  " + violation);
        }

        return (rate, median, violations.Count == 0 ? 0 : 1);
    }
}
