namespace EdgeRooms.Cluster;

/// <summary>What a process calls itself before it has a boot number, and where its link listens (<c>host:port</c>).</summary>
sealed record NodeAddress(string Name, string Address);
