using EdgeRooms.Conformance;

namespace EdgeRooms.Postgres.Tests;

public sealed class PostgresEventLogTests(TestCluster cluster) : EventLogConformance
{
    private protected override Task<Lab> OpenLabAsync() => PostgresLab.OpenAsync(cluster);
}

public sealed class PostgresSnapshotTests(TestCluster cluster) : SnapshotConformance
{
    private protected override Task<Lab> OpenLabAsync() => PostgresLab.OpenAsync(cluster);
}

public sealed class PostgresFenceTests(TestCluster cluster) : FenceConformance
{
    private protected override Task<Lab> OpenLabAsync() => PostgresLab.OpenAsync(cluster);
}

public sealed class PostgresLeasesTests(TestCluster cluster) : LeasesConformance
{
    private protected override Task<Lab> OpenLabAsync() => PostgresLab.OpenAsync(cluster);
}

public sealed class PostgresSignalsTests(TestCluster cluster) : SignalsConformance
{
    private protected override Task<Lab> OpenLabAsync() => PostgresLab.OpenAsync(cluster);
}
