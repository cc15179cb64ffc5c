using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EdgeRooms.Cluster;

/// <summary>
/// This process's life as a node: takes its name, opens its lanes, renews its lease, wakes rooms for due alarms, and on stop drains in order:
/// sockets told, rooms finished and released, lanes closed, the name given up. Started and stopped by the host; two loops of its own.
/// </summary>
sealed class Node(
    KindRegistry kinds,
    IEventLog log,
    ILeases leases,
    ISecrets secrets,
    ITokenValidator tokens,
    IOptions<EdgeRoomsOptions> options,
    TimeProvider clock,
    Meters meters,
    IHostApplicationLifetime lifetime,
    ILogger<Node> logger) : IHostedService, IDisposable
{
    static readonly TimeSpan CompareEvery = TimeSpan.FromSeconds(10);
    static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(1);
    static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(12);
    const int AlarmsMax = 256;

    readonly CancellationTokenSource _stopping = new();
    readonly SemaphoreSlim _rejoining = new(1);
    readonly List<EventWriter> _lanes = [];
    RoomDirectory? _directory;
    Router? _router;
    PastState? _past;
    Task _loops = Task.CompletedTask;
    Task _drain = Task.CompletedTask;
    volatile bool _ready;

    /// <summary>The way in for clients; there once the node has started.</summary>
    public Router Router => _router ?? throw new InvalidOperationException("The node has not started.");

    /// <summary>Reads states of the past.</summary>
    public PastState Past => _past ?? throw new InvalidOperationException("The node has not started.");

    public RoomDirectory Directory => _directory ?? throw new InvalidOperationException("The node has not started.");

    /// <summary>Ready for traffic: up, its lease held, not draining.</summary>
    public bool IsReady => _ready && !Router.IsDraining;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var identity = await leases.RegisterAsync(cancellationToken);
        var key = await secrets.GetOrCreateAsync("sessions", 32, cancellationToken);
        var (engine, limits) = (options.Value.Engine, options.Value.Limits);
        for (int lane = 0; lane < engine.WriterLanes; lane++)
        {
            var writer = new EventWriter(log, lane, engine, clock, meters, logger, RejoinAsync);
            await writer.StartAsync(cancellationToken);
            _lanes.Add(writer);
        }

        var users = new UserLimits(limits, clock);
        var services = new RoomServices(engine, limits, log, clock, meters, logger, users, new MemberIds(key));
        _past = new PastState(services);
        _directory = new RoomDirectory(kinds, services, leases, Enqueue);
        var local = new LocalLink(_directory, identity.Name);
        _router = new Router(
            new RouterServices(identity.Name, limits, engine, kinds, log, new SessionIssuer(key, clock), tokens, users, clock, meters, logger),
            new LocalRoutes(local));
        await local.AttachAsync(_router);
        _router.Start();
        _loops = Task.WhenAll(Task.Run(RenewAsync, CancellationToken.None), Task.Run(WakeForAlarmsAsync, CancellationToken.None), Task.Run(CompareStreamsAsync, CancellationToken.None));
        lifetime.ApplicationStopping.Register(() => _drain = DrainAsync());
        _ready = true;
        logger.NodeUp(identity.Name, identity.Boot);
    }

    /// <summary>The sockets were told when the stop began; now the rooms finish and the node gives up its name.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _ready = false;
        if (_router is null || _directory is null)
        {
            return;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StopWithin);
        await _drain;
        var rooms = _directory.StopAsync();
        var within = Task.Delay(Timeout.Infinite, deadline.Token);
        await Task.WhenAny(rooms, within);
        await Task.WhenAll(_lanes.Select(l => l.StopAsync(deadline.Token)));
        await Task.WhenAny(rooms, Task.Delay(TimeSpan.FromSeconds(1), clock, CancellationToken.None));
        await _stopping.CancelAsync();
        await _loops;
        try
        {
            await leases.LeaveAsync(deadline.Token);
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

    async Task DrainAsync()
    {
        logger.Draining(_directory!.Count, _router!.ConnectionCount);

        // Wide enough for the sockets there are to come back at the other processes' pace, about a thousand a second.
        var window = TimeSpan.FromMilliseconds(Math.Clamp(_router.ConnectionCount, 500, 20_000));
        var stop = _router.StopAsync(window);
        await Task.WhenAny(stop, Task.Delay(TimeSpan.FromSeconds(3), clock));
        _router.CutAll();
        await stop;
    }

    ValueTask Enqueue(AppendGroup group) =>
        _lanes[_lanes.Count == 1 ? 0 : (int)((uint)group.Activation.Room.GetHashCode() % (uint)_lanes.Count)].EnqueueAsync(group);

    async Task RenewAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (!await leases.RenewAsync(_stopping.Token))
                {
                    await RejoinAsync();
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                logger.LeaseNotRenewed(e);
            }

            await Task.Delay(RenewEvery, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            await leases.RegisterAsync(CancellationToken.None);
            _directory?.DropAll();
        }
        catch (NodeNameTakenException e)
        {
            logger.NodeLost(e.Message);
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

    /// <summary>Every room in memory against its stream in the database (HARD-CASES 21): in one query for 256 rooms.</summary>
    async Task CompareStreamsAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await Task.Delay(CompareEvery, clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                foreach (var part in _directory!.Loops.Chunk(256))
                {
                    var known = part.Select(l => (Loop: l, l.Committed)).Where(k => k.Committed is not null)
                        .Select(k => (k.Loop, k.Committed!.Value.Activation, k.Committed.Value.Seq)).ToList();
                    var stored = await log.ReadVersionsAsync([.. known.Select(k => k.Activation)], _stopping.Token);
                    foreach (var ((loop, activation, seq), version) in known.Zip(stored))
                    {
                        loop.Compare(activation, seq, version);
                    }
                }
            }
            catch (Exception e) when (!_stopping.IsCancellationRequested)
            {
                logger.StreamsNotCompared(e);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    async Task WakeForAlarmsAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                foreach (var alarm in await log.ReadDueAlarmsAsync(AlarmsMax, _stopping.Token))
                {
                    _directory!.Wake(alarm.Room);
                }
            }
            catch (Exception e) when (!_stopping.IsCancellationRequested)
            {
                logger.AlarmsNotRead(e);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(TimeSpan.FromSeconds(1), clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
