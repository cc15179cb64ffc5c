using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>Two routers and three nodes over a Postgres of their own. A test that harms them mends them, or the next one does by <see cref="WholeAsync"/>.</summary>
public sealed class ClusterFixture : IAsyncLifetime
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    LivePostgres? _postgres;
    LiveCluster? _cluster;

    internal LivePostgres Postgres => _postgres!; // there once the fixture has started

    internal LiveCluster Cluster => _cluster!; // as above

    /// <summary>A network to cut; null where this machine gives none.</summary>
    internal CutNetwork? Network { get; private set; }

    public async ValueTask InitializeAsync()
    {
        Network = await CutNetwork.TryMakeAsync();
        _postgres = await LivePostgres.StartNewAsync(Network?.HostAddress);
        _cluster = new LiveCluster(await _postgres.NewDatabaseAsync());
        _cluster.Settings["EdgeRooms__Engine__Grace"] = Grace.ToString();
        _cluster.Settings["EdgeRooms__Rooms__nap__Use"] = "relay";
        _cluster.Settings["EdgeRooms__Rooms__nap__IdleSeconds"] = "1";
        for (int i = 1; i <= 3; i++)
        {
            _cluster.Add($"node-{i}", "node");
        }

        _cluster.Add("router-1", "router");
        _cluster.Add("router-2", "router");
        await _cluster.StartAllAsync();
    }

    /// <summary>Every process up, whatever the test before did.</summary>
    internal async Task<LiveCluster> WholeAsync()
    {
        await Cluster.StartAllAsync();
        return Cluster;
    }

    /// <summary>Fails where the load found anything wrong.</summary>
    internal async Task CheckAsync(Load load, bool socketsStay = true)
    {
        var violations = await load.FinishAsync();
        if (socketsStay && load.Closes.Count > 0)
        {
            violations = [.. violations, "sockets were closed: " + string.Join(", ", load.Closes.Select(c => $"{c.Value} x {c.Key}"))];
        }

        Assert.True(violations.Count == 0, $"{violations.Count} violations, {load.AckCount} acks\n{string.Join('\n', violations.Take(20))}\n{Cluster.Said}");
    }

    /// <summary>Fails where a process warned anew of a link that broke: in what an operator does every day links are closed in order.</summary>
    internal void CheckCalm(IReadOnlyList<string> before)
    {
        var warnings = Cluster.Warnings.Except(before).Where(w => w.Contains("The link with")).ToList();
        Assert.True(warnings.Count == 0, string.Join('\n', warnings));
    }

    public async ValueTask DisposeAsync()
    {
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Network?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
