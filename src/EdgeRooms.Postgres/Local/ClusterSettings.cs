namespace EdgeRooms.Postgres.Local;

/// <summary>
/// The settings a private cluster runs with, as <c>postgres -c</c> takes them; they stand above postgresql.conf.
/// </summary>
static class ClusterSettings
{
    static readonly string[] DurabilityNames = ["fsync", "synchronous_commit", "full_page_writes"];

    /// <summary>The caller's settings, then ours: outside tests nothing can turn durability off.</summary>
    public static IReadOnlyDictionary<string, string> From(LocalPostgresOptions options, int port, string socketFolder)
    {
        var settings = new Dictionary<string, string>();
        if (options.ForTests)
        {
            settings["shared_buffers"] = "32MB";
            settings["max_connections"] = "300";
        }
        foreach (var (name, value) in options.ExtraSettings)
            settings[name] = value;
        foreach (var name in DurabilityNames)
            settings[name] = options.ForTests ? "off" : "on";

        settings["listen_addresses"] = "127.0.0.1";
        settings["port"] = $"{port}";
        settings["unix_socket_directories"] = OperatingSystem.IsWindows() ? "" : socketFolder;
        settings["unix_socket_permissions"] = "0700";
        return settings;
    }

    /// <summary>As pg_ctl's <c>-o</c> takes them, which hands them to a shell.</summary>
    public static string ToOptions(IReadOnlyDictionary<string, string> settings) =>
        string.Join(' ', settings.Select(s => "-c " + Shell.Quote($"{s.Key}={s.Value}")));
}
