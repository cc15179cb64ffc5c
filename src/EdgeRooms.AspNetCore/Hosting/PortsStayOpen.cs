using EdgeRooms.Cluster;

using Microsoft.Extensions.Hosting;

namespace EdgeRooms.AspNetCore.Hosting;

/// <summary>
/// Keeps the web server's port open while the sockets are told to go, for it would close as the first of all: a load balancer reads 503 from
/// <c>/readyz</c>, and who comes is sent away with a time to come again instead of being refused. Called by the host; ends with the last client, which
/// the process cuts after a few seconds.
/// </summary>
sealed class PortsStayOpen(ClusterProcess process) : IHostedLifecycleService
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    bool _started;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _started = true;
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        while (_started && process.ConnectionCount > 0 && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Look, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
