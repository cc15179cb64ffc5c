using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Conformance;

/// <summary>A store that several nodes share, and the ways to hurt them.</summary>
abstract class Lab : IAsyncDisposable
{
    /// <summary>A node that is registered.</summary>
    public async Task<LabNode> StartAsync(string name)
    {
        var node = Create(name);
        await node.Leases.RegisterAsync(default);
        return node;
    }

    /// <summary>A process under a name, not registered yet.</summary>
    public abstract LabNode Create(string name);

    /// <summary>The process is gone: no session, and its link refuses.</summary>
    public abstract Task KillAsync(LabNode node);

    /// <summary>As if the node had last renewed that much earlier.</summary>
    public abstract Task AgeHeartbeatAsync(LabNode node, TimeSpan by);

    /// <summary>As if the node had renewed for a while without a miss, so that it may judge others.</summary>
    public abstract Task MakeSteadyAsync(LabNode node);

    public abstract ValueTask DisposeAsync();
}

/// <summary>One process' ports.</summary>
sealed record LabNode(string Name, ILeases Leases, IEventLog Log, ISignals Signals);
