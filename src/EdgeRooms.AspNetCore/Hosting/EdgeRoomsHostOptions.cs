namespace EdgeRooms.AspNetCore;

/// <summary>Settings of a process beside <see cref="EdgeRoomsOptions"/>, bound from the same section <c>EdgeRooms</c>.</summary>
public sealed class EdgeRoomsHostOptions
{
    /// <summary>Connection string. Default: none, which means a private local Postgres under <see cref="DataDirectory"/>.</summary>
    public string? Postgres { get; set; }

    /// <summary>Folder of the private Postgres and of generated secrets, kept across runs. Default: a folder of the user's own.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>What the process does.</summary>
    public ProcessRole Role { get; set; }

    /// <summary>The way of signals.</summary>
    public SignalOptions Signals { get; set; } = new();

    /// <summary>The node link.</summary>
    public ClusterOptions Cluster { get; set; } = new();

    /// <summary>Tokens.</summary>
    public AuthOptions Auth { get; set; } = new();

    /// <summary>The admin pages.</summary>
    public AdminOptions Admin { get; set; } = new();

    /// <summary>Origins that may open a WebSocket, exactly as a browser sends them. Default: the page's own host only.</summary>
    public List<string> AllowedOrigins { get; set; } = [];

    /// <summary>Addresses or networks (CIDR) of proxies whose <c>X-Forwarded-*</c> headers count. Default: none.</summary>
    public List<string> KnownProxies { get; set; } = [];
}

/// <summary>The way of signals.</summary>
public sealed class SignalOptions
{
    /// <summary>
    /// Connection string past any pooler, for LISTEN, leases and writers, which need a session of their own. Default:
    /// <see cref="EdgeRoomsHostOptions.Postgres"/>.
    /// </summary>
    public string? Postgres { get; set; }
}

/// <summary>The link between processes.</summary>
public sealed class ClusterOptions
{
    /// <summary>Where the link listens, <c>http://IP:PORT</c>. Default: a free port of the loopback.</summary>
    public string? Listen { get; set; }

    /// <summary>How others reach it, <c>http://HOST:PORT</c>. Default: <see cref="Listen"/>.</summary>
    public string? Advertise { get; set; }

    /// <summary>Proves one process to another, the same in all. Default: a key made once and kept in the database, in Development only.</summary>
    public string? Secret { get; set; }

    /// <summary>The share of rooms that this node takes against others', 1 to 100. Default 1.</summary>
    public int Weight { get; set; } = 1;
}

/// <summary>The admin pages.</summary>
public sealed class AdminOptions
{
    /// <summary>Who has it may use <c>/admin</c>. Generated in Development; none elsewhere means no admin pages.</summary>
    public string? Token { get; set; }
}
