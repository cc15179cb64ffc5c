namespace EdgeRooms.Cluster;

/// <summary>This process' node name, the host and port (<c>10.0.0.7:7070</c>) at which its link is reached, and what it does.</summary>
sealed record NodeAddress(string Name, string Link, ProcessRole Role = ProcessRole.All, int Weight = 1);
