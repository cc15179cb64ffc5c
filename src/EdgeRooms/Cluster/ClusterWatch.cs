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
    readonly SemaphoreSlim _looking = new(1);
    volatile ClusterView _view = ClusterView.Empty;
    volatile HashSet<string> _lively = [];

    public ClusterView View => _view;

    /// <summary>Whether the process had renewed lately at the last look; one that stands may be dead already.</summary>
    public bool IsLively(string name) => _lively.Contains(name);

    /// <summary>Called after the view was replaced, one call at a time. Set before it starts.</summary>
    public Action<ClusterView> Changed { get; set; } = static _ => { };

    /// <summary>Something has changed: look now. Any thread.</summary>
    public void Hint() => _pulse.Hint();

    /// <summary>Looks once; throws where the database is away. One look at a time, so that no older one replaces a newer view.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        await _looking.WaitAsync(cancellation);
        try
        {
            await LookOnceAsync(cancellation);
        }
        finally
        {
            _looking.Release();
        }
    }

    public Task RunAsync(CancellationToken stopping) => _pulse.RunAsync(LookAsync, logger.ViewNotRead, stopping);

    async Task LookOnceAsync(CancellationToken cancellation)
    {
        var members = await leases.ReadMembersAsync(cancellation);
        if (members.FirstOrDefault(m => m.Name == leases.Node.Name) is { } self && self.AgeSeconds > SteadyAge.TotalSeconds)
        {
            return;
        }

        _lively = [.. members.Where(m => m.AgeSeconds < SteadyAge.TotalSeconds).Select(m => m.Name)];
        List<ClusterMember> standing = [.. members.Where(m => m.AgeSeconds < DeadAfter.TotalSeconds || m.Name == leases.Node.Name)];
        if (!_view.IsLike(standing))
        {
            _view = new ClusterView(_view.Version + 1, standing);
            logger.ViewChanged(_view.Version, _view.ToString());
            Changed(_view);
        }
    }
}
