namespace EdgeRooms.Cluster;

/// <summary>This process' node name and the host and port (<c>10.0.0.7:7070</c>) at which its link listens.</summary>
sealed record NodeAddress(string Name, string Link);
