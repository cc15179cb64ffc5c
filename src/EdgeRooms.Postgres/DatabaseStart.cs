using Microsoft.Extensions.Hosting;

namespace EdgeRooms.Postgres;

/// <summary>
/// Sees to the database before any service of the host starts: in Development it applies the scripts that are missing, elsewhere their absence is an error.
/// Called once by the host; throws <see cref="DatabaseNotReadyException"/>, and then the host does not start.
/// </summary>
sealed class DatabaseStart(string connectionString, string? direct, IHostEnvironment environment) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        bool isDevelopment = environment.IsDevelopment();
        var problems = await DatabaseSetup.RunAsync(connectionString, direct, isDevelopment, migrate: isDevelopment, cancellationToken);
        if (problems.Count > 0)
        {
            throw new DatabaseNotReadyException(string.Join(Environment.NewLine, problems));
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
