using EdgeRooms.Diagnostics;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Cluster;

/// <summary>
/// Keeps this process's view: read each second, and at once when a signal hints. Its own loop; readers take <see cref="View"/> from any thread. A process
/// that is itself behind with its heartbeat (the database was away) trusts nobody's age and keeps the view it has.
/// </summary>
sealed class ClusterWatch(ILeases leases, TimeProvider clock, ILogger logger)
{
    static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(5);
    static readonly TimeSpan SteadyAge = TimeSpan.FromSeconds(2.5);

    readonly Pulse _pulse = new(Every, clock);
    volatile ClusterView _view = ClusterView.Empty;

    public ClusterView View => _view;

    /// <summary>Called on the watch's loop after the view was replaced. Set before it starts.</summary>
    public Action<ClusterView> Changed { get; set; } = static _ => { };

    /// <summary>Something has changed: look now. Any thread.</summary>
    public void Hint() => _pulse.Hint();

    /// <summary>Looks once; throws where the database is away.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var members = await leases.ReadMembersAsync(cancellation);
        if (members.FirstOrDefault(m => m.Name == leases.Node.Name) is { } self && self.AgeSeconds > SteadyAge.TotalSeconds)
        {
            return;
        }

        List<ClusterMember> standing = [.. members.Where(m => m.AgeSeconds < DeadAfter.TotalSeconds || m.Name == leases.Node.Name)];
        if (!_view.IsLike(standing))
        {
            _view = new ClusterView(_view.Version + 1, standing);
            logger.ViewChanged(_view.Version, _view.ToString());
            Changed(_view);
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                logger.ViewNotRead(e);
            }

            await _pulse.WaitAsync(stopping);
        }
    }
}
