namespace EdgeRooms.Cluster;

/// <summary>Settings that do not go with the cluster as it is: the process ends with 78.</summary>
sealed class ClusterSettingsException(string message) : Exception(message);
