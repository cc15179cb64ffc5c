using System.Threading.Channels;
using EdgeRooms.Cluster;

namespace EdgeRooms.Conformance;

/// <summary>Signals reach every node that listens.</summary>
public abstract class SignalsConformance : ConformanceTest
{
    [Fact]
    public async Task A_signal_reaches_all_nodes_the_sender_included()
    {
        var (first, second) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        using var stop = new CancellationTokenSource();
        var heard = Channel.CreateUnbounded<(string Node, Signal Signal)>();
        var listening = new[] { first, second }
            .Select(n => n.Signals.ListenAsync(s => heard.Writer.TryWrite((n.Name, s)), stop.Token)).ToList();

        Assert.Equal(SignalKind.Reconnected, (await heard.Reader.ReadAsync(TestContext.Current.CancellationToken)).Signal.Kind);
        Assert.Equal(SignalKind.Reconnected, (await heard.Reader.ReadAsync(TestContext.Current.CancellationToken)).Signal.Kind);
        await first.Signals.PublishAsync(new Signal(SignalKind.ViewChanged, "n1"), default);
        (string Node, Signal Signal)[] got =
        [
            await heard.Reader.ReadAsync(TestContext.Current.CancellationToken),
            await heard.Reader.ReadAsync(TestContext.Current.CancellationToken),
        ];

        Assert.Equal(["n1", "n2"], got.Select(g => g.Node).Order());
        Assert.All(got, g => Assert.Equal(new Signal(SignalKind.ViewChanged, "n1"), g.Signal));
        await stop.CancelAsync();
        await Task.WhenAll(listening);
    }
}
