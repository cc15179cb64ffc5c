using System.Security.Cryptography;
using System.Text;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// Where the parts of a cluster are, under one folder that belongs to the user Postgres runs as: <c>data</c>,
/// <c>password</c>, <c>log</c>,
/// <c>watchdog.pid</c>, and the socket.
/// </summary>
sealed record ClusterFolder(string Root)
{
    /// <summary>
    /// The room that a Unix socket's address has (sun_path, without its final zero), on the narrowest system (macOS).
    /// </summary>
    const int SocketPathBytesMax = 103;

    const string LongestSocketName = "/.s.PGSQL.65535";

    public string Data => Path.Combine(Root, "data");

    public string Password => Path.Combine(Root, "password");

    public string Log => Path.Combine(Root, "log");

    public string WatchdogPid => Path.Combine(Root, "watchdog.pid");

    /// <summary>
    /// Where initdb works; it becomes <see cref="Data"/> by a rename, so that a killed initdb never leaves half a
    /// cluster.
    /// </summary>
    public string Unfinished => Path.Combine(Root, $"data.init-{Environment.ProcessId}");

    /// <summary>
    /// The socket's folder; none where the path would be too long, and the cluster is reached by TCP alone.
    /// </summary>
    public string Socket => Encoding.UTF8.GetByteCount(Root + LongestSocketName) <= SocketPathBytesMax ? Root : "";

    public bool HasCluster => File.Exists(VersionFile);

    /// <summary>The major version that made the cluster; null where there is none.</summary>
    public int? MajorVersion =>
        HasCluster && int.TryParse(File.ReadAllText(VersionFile).Split('.')[0], out var major) ? major : null;

    string VersionFile => Path.Combine(Data, "PG_VERSION");

    /// <summary>A short name that is always the same for one path.</summary>
    public static string NameFor(string path) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..12];

    /// <summary>Removes what killed initdbs left. Only the holder of the directory's lock may.</summary>
    public void RemoveUnfinished()
    {
        foreach (var folder in Directory.GetDirectories(Root, "data.init-*"))
            Directory.Delete(folder, recursive: true);
    }
}
