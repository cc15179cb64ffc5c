using EdgeRooms.Cluster;
using EdgeRooms.Conformance;
using EdgeRooms.Events;

namespace EdgeRooms.Tests.Events;

sealed class InMemoryLab : Lab
{
    readonly InMemoryStore _store = new();

    public override LabNode Create(string name)
    {
        var leases = new InMemoryLeases(_store, new NodeAddress(name, "memory:0"));
        return new LabNode(name, leases, new InMemoryEventLog(_store, leases), new InMemorySignals(_store));
    }

    public override Task KillAsync(LabNode node)
    {
        _store.Kill(node.Name);
        return Task.CompletedTask;
    }

    public override Task AgeHeartbeatAsync(LabNode node, TimeSpan by)
    {
        _store.AgeHeartbeat(node.Name, by);
        return Task.CompletedTask;
    }

    public override Task MakeSteadyAsync(LabNode node) => Task.CompletedTask;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
