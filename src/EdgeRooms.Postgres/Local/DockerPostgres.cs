using DotNet.Testcontainers.Builders;
using Testcontainers.PostgreSql;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// Postgres in a container, where Docker answers. Its data is in a named volume, one per data directory.
/// Called by <see cref="LocalPostgres"/>, which holds the directory's lock, from one task at a time.
/// It ends by <see cref="DisposeAsync"/>, or with this process by Testcontainers' reaper; the volume stays.
/// It promises durable settings outside tests: Testcontainers turns them off by itself. Not run on a machine without
/// Docker.
/// </summary>
sealed class DockerPostgres : IAsyncDisposable
{
    const string Image = "postgres:17-alpine";

    /// <summary>
    /// For pulling the image and the first start; a registry that does not answer must not hang the server.
    /// </summary>
    static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    readonly PostgreSqlContainer _container;

    DockerPostgres(PostgreSqlContainer container) => _container = container;

    /// <summary>
    /// Throws <see cref="LocalPostgresException"/> with the reason where Docker is not there or could not start it.
    /// </summary>
    public static async Task<StartedPostgres> StartAsync(
        LocalPostgresOptions options, IProgress<string> progress, CancellationToken cancellation)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bounded.CancelAfter(StartTimeout);
        try
        {
            // Build is what asks whether Docker is there.
            var (password, _) = await KeptPassword.ReadOrCreateAsync(PasswordIn(options.DataDirectory), cancellation);
            var container = Configure(options, password).Build();
            progress.Report($"Postgres: starting {Image} in Docker (the first time it is downloaded)");
            await container.StartAsync(bounded.Token);
            await File.WriteAllTextAsync(MarkIn(options.DataDirectory), VolumeFor(options.DataDirectory), cancellation);
            return new(new DockerPostgres(container), container.GetConnectionString(), "Docker");
        }
        catch (DockerUnavailableException e)
        {
            throw new LocalPostgresException("Docker does not answer", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new LocalPostgresException(
                $"Docker did not start {Image} within {StartTimeout.TotalMinutes:0} minutes", e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new LocalPostgresException($"Docker could not start {Image}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Whether the data directory's rooms are in a Docker volume: then nothing else may begin a second, empty database.
    /// </summary>
    public static bool HasData(string dataDirectory) => File.Exists(MarkIn(dataDirectory));

    /// <summary>The name of the volume of a data directory.</summary>
    public static string VolumeFor(string dataDirectory) => $"edgerooms-{ClusterFolder.NameFor(dataDirectory)}";

    public async ValueTask DisposeAsync()
    {
        await _container.StopAsync();
        await _container.DisposeAsync();
    }

    /// <summary>
    /// The arguments for the image's postgres; they come after Testcontainers' own, and the last of a name counts.
    /// </summary>
    public static string[] ArgumentsFor(LocalPostgresOptions options)
    {
        var durability = options.ForTests ? "off" : "on";
        var settings = new Dictionary<string, string>(options.ExtraSettings)
        {
            ["fsync"] = durability,
            ["synchronous_commit"] = durability,
            ["full_page_writes"] = durability,
        };
        if (options.ForTests)
            settings.TryAdd("max_connections", "300");
        return [.. settings.SelectMany(s => new[] { "-c", $"{s.Key}={s.Value}" })];
    }

    static PostgreSqlBuilder Configure(LocalPostgresOptions options, string password)
    {
        var builder = new PostgreSqlBuilder(Image)
            .WithUsername(LocalPostgres.User)
            .WithPassword(password)
            .WithDatabase(LocalPostgres.Database)
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--locale=C --encoding=UTF8")
            .WithCommand(ArgumentsFor(options));
        return options.DeleteOnStop
            ? builder
            : builder.WithVolumeMount(VolumeFor(options.DataDirectory), "/var/lib/postgresql/data");
    }

    static string PasswordIn(string dataDirectory) => Path.Combine(dataDirectory, "docker-password");

    static string MarkIn(string dataDirectory) => Path.Combine(dataDirectory, "docker-volume");
}
