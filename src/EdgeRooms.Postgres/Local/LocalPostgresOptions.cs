namespace EdgeRooms.Postgres.Local;

/// <summary>How a private local Postgres is found and run where no connection string is given.</summary>
sealed record LocalPostgresOptions
{
    /// <summary>
    /// The folder that keeps the cluster across runs; one process at a time. Default:
    /// <see cref="LocalPostgres.DefaultDataDirectory()"/>.
    /// </summary>
    public string DataDirectory { get; init; } = LocalPostgres.DefaultDataDirectory();

    /// <summary>
    /// True with <c>--download-postgres</c>: binaries may be downloaded without a question. Default: false.
    /// </summary>
    public bool AllowDownload { get; init; }

    /// <summary>True where a person can answer <see cref="Ask"/> on a terminal. Default: false.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Puts a yes-or-no question to that person; never called unless <see cref="IsInteractive"/>.</summary>
    public Func<string, bool> Ask { get; init; } = static _ => false;

    /// <summary>
    /// For test fixtures only: trades durability for speed (fsync and its kin off, small buffers) and allows 300
    /// connections.
    /// </summary>
    public bool ForTests { get; init; }

    /// <summary>
    /// For test fixtures only: the cluster is removed when it stops, also when the process dies and the watchdog stops
    /// it.
    /// </summary>
    public bool DeleteOnStop { get; init; }

    /// <summary>
    /// More settings for <c>postgres -c name=value</c>. They cannot make a cluster that is not for tests less durable.
    /// </summary>
    public IReadOnlyDictionary<string, string> ExtraSettings { get; init; } = new Dictionary<string, string>();
}
