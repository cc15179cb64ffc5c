using EdgeRooms.Cluster.Links;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeRooms.Cluster;

/// <summary>
/// This process's life in the cluster: takes its name, keeps its lease and its view, runs a router, a node or both as its role says, and on stop
/// drains in order: off the ring, sockets told, rooms handed over, the name given up. Started and stopped by the host; loops of its own.
/// </summary>
sealed class ClusterProcess(
    KindRegistry kinds,
    IEventLog log,
    ILeases leases,
    ISignals signals,
    IOrders orders,
    Revocations revocations,
    ISecrets secrets,
    ITokenValidator tokens,
    ILinkDialer dialer,
    LinkListener listener,
    LinkSecret linkSecret,
    NodeAddress address,
    IOptions<EdgeRoomsOptions> options,
    TimeProvider clock,
    Meters meters,
    IHostApplicationLifetime lifetime,
    IHostEnvironment environment,
    ILogger<ClusterProcess> logger) : IHostedService, IDisposable
{
    static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(1);
    static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(12);
    static readonly TimeSpan OffRingWithin = TimeSpan.FromSeconds(2);
    static readonly TimeSpan SocketsWithin = TimeSpan.FromSeconds(3);
    static readonly TimeSpan LinksWithin = TimeSpan.FromSeconds(2);

    readonly CancellationTokenSource _stopping = new();
    readonly SemaphoreSlim _rejoining = new(1);
    readonly Lease _lease = new(clock);
    readonly ClusterWatch _watch = new(leases, clock, logger);
    RoomNode? _node;
    Router? _router;
    NodeLinks? _links;
    OrderWatch? _orders;
    PastState? _past;
    Task _loops = Task.CompletedTask;
    Task _offRing = Task.CompletedTask;
    Task _drain = Task.CompletedTask;
    volatile bool _ready;
    volatile bool _draining;

    /// <summary>The way in for clients; a process of role node has none.</summary>
    public Router Router => _router ?? throw new InvalidOperationException("This process takes no clients, or has not started.");

    /// <summary>Reads states of the past.</summary>
    public PastState Past => _past ?? throw new InvalidOperationException("The process has not started.");

    /// <summary>The rooms here, for the links of other processes' routers; null where there are none.</summary>
    public RoomDirectory? Rooms => _node?.Rooms;

    public ClusterView View => _watch.View;

    public KindRegistry Kinds => kinds;

    /// <summary>Gives an order to every process, this one included. Throws where the database is away.</summary>
    public async Task OrderAsync(OrderKind kind, string subject, string detail, TimeSpan mattersFor, CancellationToken cancellation)
    {
        await orders.GiveAsync(kind, subject, detail, mattersFor, cancellation);
        await signals.PublishAsync(new Signal(SignalKind.OrderGiven, kind.ToString()), cancellation);
    }

    /// <summary>The clients here; none in a process that takes no clients.</summary>
    public int ConnectionCount => _router?.ConnectionCount ?? 0;

    /// <summary>Ready for traffic: up and not draining.</summary>
    public bool IsReady => _ready && !_draining;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        long asked = clock.GetTimestamp();
        var identity = await leases.RegisterAsync(cancellationToken);
        _lease.Renewed(asked);
        await leases.RenewAsync(cancellationToken);
        var key = await secrets.GetOrCreateAsync("sessions", 32, cancellationToken);
        var users = new UserLimits(options.Value.Limits, clock);
        var services = new RoomServices(options.Value.Engine, options.Value.Limits, log, clock, meters, logger, users, new MemberIds(key));
        _past = new PastState(services);
        if (address.Role != ProcessRole.Router)
        {
            _node = new RoomNode(kinds, services, leases, _watch, _lease, RejoinAsync);
            await _node.StartAsync(cancellationToken);
            listener.Serve(_node.Rooms, leases, linkSecret, options.Value.Engine.LinkBytes);
        }

        await _watch.LookAsync(cancellationToken);
        if (!linkSecret.IsConfigured && !environment.IsDevelopment() && _watch.View.Members.Count > 1)
        {
            await leases.LeaveAsync(cancellationToken);
            throw new ClusterSettingsException(
                "EdgeRooms:Cluster:Secret: outside Development it is required, the same in all, when several processes share a database.");
        }

        if (address.Role != ProcessRole.Node)
        {
            await StartRouterAsync(identity.Name, users, new SessionIssuer(key, revocations, clock));
        }

        _orders = new OrderWatch(orders, revocations, _router, clock, logger);
        await _orders.LookAsync(cancellationToken);
        _loops = Task.WhenAll(
            new Pulse(RenewEvery, clock).RunAsync(RenewAsync, logger.LeaseNotRenewed, _stopping.Token),
            _watch.RunAsync(_stopping.Token),
            _orders.RunAsync(_stopping.Token),
            ListenAsync());
        await signals.PublishAsync(new Signal(SignalKind.ViewChanged, identity.Name), cancellationToken);
        await WaitForLinksAsync(cancellationToken);
        lifetime.ApplicationStopping.Register(() => _drain = DrainAsync(_offRing = LeaveRingAsync()));
        _ready = true;
        logger.NodeUp(identity.Name, identity.Boot);
    }

    /// <summary>Sockets were told, and rooms began to move, when the stop began; now what is left of it ends and the name is given up.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _ready = false;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StopWithin);
        await _offRing;
        await Task.WhenAll(_drain, _node?.StopAsync(deadline.Token) ?? Task.CompletedTask);
        await _stopping.CancelAsync();
        await (_links?.StopAsync(deadline.Token) ?? Task.CompletedTask);
        await _loops;
        try
        {
            await leases.LeaveAsync(deadline.Token);
            await signals.PublishAsync(new Signal(SignalKind.ViewChanged, leases.Node.Name), deadline.Token);
        }
        catch (Exception e)
        {
            logger.LeaseNotRenewed(e);
        }
    }

    public void Dispose()
    {
        _router?.Dispose();
        _stopping.Dispose();
        _rejoining.Dispose();
    }

    async Task StartRouterAsync(string name, UserLimits users, SessionIssuer sessions)
    {
        var local = _node is null ? null : new LocalLink(_node.Rooms, name);
        _links = new NodeLinks(_watch, local, dialer, options.Value.Engine, clock, logger);
        _router = new Router(
            new RouterServices(
                name, options.Value.Limits, options.Value.Engine, kinds, log, sessions, tokens, users, clock, () => leases.DatabaseClockAhead, meters, logger),
            _links);
        _links.Attach(_router);
        await (local?.AttachAsync(_router) ?? Task.CompletedTask);
        _watch.Changed = _links.OnView;
        _links.OnView(_watch.View);
        _router.Start();
    }

    /// <summary>Ready when rooms can be reached, or soon after: a node that does not answer must not keep a router from starting.</summary>
    async Task WaitForLinksAsync(CancellationToken cancellation)
    {
        long started = clock.GetTimestamp();
        while (_links is { IsComplete: false } && clock.GetElapsedTime(started) < LinksWithin)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), clock, cancellation);
        }
    }

    /// <summary>Others see that this process takes no more rooms.</summary>
    async Task LeaveRingAsync()
    {
        _draining = true;
        logger.Draining(_node?.Rooms.Count ?? 0, ConnectionCount);
        try
        {
            await leases.DrainAsync(_stopping.Token).WaitAsync(OffRingWithin, clock);
            await signals.PublishAsync(new Signal(SignalKind.ViewChanged, leases.Node.Name), _stopping.Token).AsTask().WaitAsync(OffRingWithin, clock);
            await _watch.LookAsync(_stopping.Token).WaitAsync(OffRingWithin, clock);
        }
        catch (Exception e)
        {
            logger.ViewNotRead(e); // the others see it when the lease is given up
        }
    }

    async Task DrainAsync(Task offRing)
    {
        await offRing;
        if (_router is { } router)
        {
            // Wide enough for the sockets there are to come back at the other processes' pace, about a thousand a second.
            var window = TimeSpan.FromMilliseconds(Math.Clamp(router.ConnectionCount, 500, 20_000));
            var stop = router.StopAsync(window);
            await Task.WhenAny(stop, Task.Delay(SocketsWithin, clock));
            router.CutAll();
            await stop;
        }
    }

    async Task RenewAsync(CancellationToken stopping)
    {
        bool wasHeld = _lease.IsHeld;
        long asked = clock.GetTimestamp();
        if (!await leases.RenewAsync(stopping))
        {
            await RejoinAsync();
            return;
        }

        if (!wasHeld && _node is { } node)
        {
            await node.ResumeAsync(stopping);
        }

        _lease.Renewed(asked);
        if (!wasHeld)
        {
            _node?.Rooms.LookAgain();
        }
    }

    /// <summary>Fenced off: a new boot number under the same name, and every room claims again. The process ends where the name is taken.</summary>
    async Task RejoinAsync()
    {
        await _rejoining.WaitAsync(CancellationToken.None);
        try
        {
            if (await leases.RenewAsync(CancellationToken.None))
            {
                return; // another lane was here first
            }

            logger.NodeFenced(leases.Node.Name);
            long asked = clock.GetTimestamp();
            await leases.RegisterAsync(CancellationToken.None);
            _node?.Rooms.DropAll();
            _lease.Renewed(asked);
            _watch.Hint();
        }
        catch (NodeNameTakenException e)
        {
            logger.NodeLost(e.Message);
            Environment.ExitCode = NodeNameTakenException.ExitCode;
            lifetime.StopApplication();
        }
        catch (Exception e)
        {
            logger.LeaseNotRenewed(e);
        }
        finally
        {
            _rejoining.Release();
        }
    }

    async Task ListenAsync()
    {
        try
        {
            await signals.ListenAsync(OnSignal, _stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    void OnSignal(Signal signal)
    {
        if (signal.Kind is SignalKind.ViewChanged or SignalKind.Reconnected)
        {
            _watch.Hint();
        }

        if (signal.Kind is SignalKind.OrderGiven or SignalKind.Reconnected)
        {
            _orders?.Hint();
        }
    }
}
