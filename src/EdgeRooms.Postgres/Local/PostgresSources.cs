namespace EdgeRooms.Postgres.Local;

/// <summary>
/// The seam between the order of the ways to Postgres and the ways themselves, so that tests can take one away.
/// </summary>
sealed record PostgresSources
{
    /// <summary>Postgres' programs on this machine, best first.</summary>
    public Func<CancellationToken, Task<IReadOnlyList<PostgresBinaries>>> FindBinaries { get; init; } =
        cancellation => PostgresBinaries.FindAsync(MachinePlaces.OfThisMachine(), cancellation);

    /// <summary>A container; throws <see cref="LocalPostgresException"/> with the reason where there is none.</summary>
    public Func<LocalPostgresOptions, IProgress<string>, CancellationToken, Task<StartedPostgres>> StartDocker
    {
        get;
        init;
    } = DockerPostgres.StartAsync;

    /// <summary>
    /// Downloads programs into a folder, of a major version where one is needed; returns their folder.
    /// </summary>
    public Func<string, int?, CancellationToken, Task<string>> Download { get; init; } =
        DownloadedPostgres.InstallAsync;
}
