using System.Globalization;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>A short slice of what <c>tests/EdgeRooms.Chaos -- soak</c> does for hours; EDGEROOMS_SEED repeats one.</summary>
public sealed class SoakTests(ClusterFixture fixture, ITestOutputHelper output)
{
    [Fact]
    public async Task Random_faults_under_load_lose_double_and_reorder_nothing()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("EDGEROOMS_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        output.WriteLine($"EDGEROOMS_SEED={seed}");
        var cluster = await fixture.WholeAsync();
        await using var load = new Load(cluster, "soak", clients: 30, rooms: 20);
        await load.StartAsync(TimeSpan.FromMilliseconds(20));

        await new Soak(fixture.Postgres, cluster, load, seed, output.WriteLine).RunAsync(faults: 3);

        await fixture.CheckAsync(load);
    }
}
