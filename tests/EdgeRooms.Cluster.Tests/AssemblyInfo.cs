using EdgeRooms.Cluster.Tests;

// One cluster for all, harmed by one test at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(ClusterFixture))]
