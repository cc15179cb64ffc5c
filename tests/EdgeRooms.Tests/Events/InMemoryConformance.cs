using EdgeRooms.Conformance;

namespace EdgeRooms.Tests.Events;

public sealed class InMemoryEventLogTests : EventLogConformance
{
    private protected override Task<Lab> OpenLabAsync() => Task.FromResult<Lab>(new InMemoryLab());
}

public sealed class InMemorySnapshotTests : SnapshotConformance
{
    private protected override Task<Lab> OpenLabAsync() => Task.FromResult<Lab>(new InMemoryLab());
}

public sealed class InMemoryFenceTests : FenceConformance
{
    private protected override Task<Lab> OpenLabAsync() => Task.FromResult<Lab>(new InMemoryLab());
}

public sealed class InMemoryLeasesTests : LeasesConformance
{
    private protected override Task<Lab> OpenLabAsync() => Task.FromResult<Lab>(new InMemoryLab());
}

public sealed class InMemorySignalsTests : SignalsConformance
{
    private protected override Task<Lab> OpenLabAsync() => Task.FromResult<Lab>(new InMemoryLab());
}
