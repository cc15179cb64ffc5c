namespace EdgeRooms.Cluster;

/// <summary>A process of the cluster that stands, as the database knows it.</summary>
/// <param name="Name">Unique among live processes.</param>
/// <param name="Boot">The number of this start.</param>
/// <param name="Address">Host and port of its link.</param>
/// <param name="Role">What it does.</param>
/// <param name="IsDraining">It takes no more rooms and gives up those it has.</param>
/// <param name="Weight">Its share of rooms against others', 1 to 100.</param>
/// <param name="AgeSeconds">The age of its heartbeat by the database's clock.</param>
sealed record ClusterMember(string Name, long Boot, string Address, ProcessRole Role, bool IsDraining, int Weight, double AgeSeconds)
{
    public bool HasRooms => Role is ProcessRole.All or ProcessRole.Node;
}
