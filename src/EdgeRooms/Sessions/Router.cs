using System.Collections.Concurrent;
using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Protocol;

namespace EdgeRooms.Sessions;

/// <summary>
/// The connections of this process and the rooms they follow. Connections call from any thread, links deliver each room's output in order; one ticker of its
/// own gives up requests that waited too long, pings, and cuts stuck sockets. Ends with <see cref="StopAsync"/>, after which every socket has
/// been told.
/// </summary>
sealed class Router(RouterServices services, IRoutes routes) : IDisposable
{
    public const string ReplacedReason = "replaced by a newer connection of its session";

    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    readonly ConcurrentDictionary<RoomId, RoomFeed> _feeds = new();
    readonly ConcurrentDictionary<string, Connection> _sessions = new(StringComparer.Ordinal);
    const string TokenRevoked = "The token was revoked.";

    readonly ConcurrentDictionary<IRouterClient, bool> _clients = new();
    readonly CancellationTokenSource _stopping = new();
    readonly Lock _feedLock = new();
    readonly RoomWakes _wakes = new();
    Task _ticker = Task.CompletedTask;
    int _feedCount;
    long _connectionNumber;
    volatile bool _draining;

    public RouterServices Services => services;

    public bool IsDraining => _draining;

    public int ConnectionCount => _clients.Count;

    public void Start() => _ticker = Task.Run(TickAsync);

    /// <summary>The place in order of a new connection, by the clock that all routers share.</summary>
    public ConnectionStamp NextStamp() =>
        new((services.Clock.GetUtcNow() + services.DatabaseClockAhead()).ToUnixTimeMilliseconds(), Interlocked.Increment(ref _connectionNumber));

    public void Add(IRouterClient client)
    {
        services.Meters.Connection(1);
        _clients[client] = true;
        if (_draining)
        {
            client.GoAway(0, 1000);
        }
    }

    public void Remove(IRouterClient client)
    {
        if (_clients.TryRemove(client, out _))
        {
            services.Meters.Connection(-1);
        }
    }

    /// <summary>The session is now on this connection; the one it was on before, if any.</summary>
    public Connection? TakeSession(string session, Connection connection)
    {
        Connection? before = null;
        _sessions.AddOrUpdate(session, connection, (_, old) =>
        {
            before = old == connection ? null : old;
            return connection;
        });
        return before;
    }

    /// <summary>A newer connection of the session is elsewhere.</summary>
    public void OnReplaced(string session, ConnectionStamp by)
    {
        if (_sessions.TryGetValue(session, out var connection) && connection.Stamp.CompareTo(by) < 0)
        {
            connection.Outbound.Close(CloseCode.Replaced, ReplacedReason);
        }
    }

    /// <summary>Closes the user's connections that were open at that moment of the shared clock.</summary>
    public void Kick(string user, DateTimeOffset at) =>
        CloseWhere(c => c.Principal?.User == user && c.Stamp.Ms <= at.ToUnixTimeMilliseconds(), "You were put out by an operator.");

    public void CloseToken(string tokenId) => CloseWhere(c => c.Principal?.TokenId == tokenId, TokenRevoked);

    public void CloseSession(string session) => CloseWhere(c => c is Connection connection && connection.Session == session, "The session was revoked.");

    /// <summary>Sends an ephemeral frame to every member of every room of a kind. <paramref name="detail"/>: JSON with <c>name</c> and <c>data</c>.</summary>
    public void Announce(string kind, string detail)
    {
        var frame = JsonElement.Parse(detail);
        string name = frame.GetProperty("name").GetString()!; // the endpoint wrote it
        byte[] data = JsonSerializer.SerializeToUtf8Bytes(frame.GetProperty("data"));
        foreach (var (room, feed) in _feeds.Where(f => f.Key.Kind == kind))
        {
            feed.OnEphemeral(long.MaxValue, ServerFrame.Ephemeral(new FrameWriter(), room, name, data, null, null), null, null);
        }
    }

    public void ReleaseSession(string session, Connection connection) =>
        _sessions.TryRemove(new KeyValuePair<string, Connection>(session, connection));

    /// <summary>Does something with a room's feed, which is made where there is none and cannot go meanwhile.</summary>
    public RoomFeed Feed(RoomId room, Action<RoomFeed> use)
    {
        lock (_feedLock)
        {
            if (!_feeds.TryGetValue(room, out var feed))
            {
                feed = _feeds[room] = new RoomFeed(room, routes, services);
                services.Tails.Divide(++_feedCount);
            }

            use(feed);
            return feed;
        }
    }

    /// <summary>The feed of a room that somebody follows here; null where nobody does.</summary>
    public RoomFeed? FindFeed(RoomId room) => _feeds.GetValueOrDefault(room);

    public IReadOnlyList<FeedReport> Report(IReadOnlyList<RoomId> rooms) =>
        [.. rooms.Select(FindFeed).OfType<RoomFeed>().Select(f => f.Report())];

    /// <summary>Links or the view have changed: rooms without a way look again.</summary>
    public void RetryAll()
    {
        foreach (var feed in _feeds.Values)
        {
            feed.Requests.Retry();
        }
    }

    /// <summary>The link to a node is gone, with what was under way on it.</summary>
    public void OnLinkLost(INodeLink node)
    {
        // All at once for who asked for something; those who only miss somebody are woken a few at a time.
        _wakes.Add([.. _feeds.Values.Where(feed => feed.Requests.OnLinkLost(node))]);
    }

    /// <summary>
    /// Another router has left the view, maybe without a word. Rooms in memory have heard it from its link; those that sleep must be loaded to tell who is
    /// gone with it, and nobody knows which they are.
    /// </summary>
    public void OnRouterLost() => _wakes.Add(_feeds.Values);

    /// <summary>Tells every client to come back elsewhere within the window, and closes their sockets with 1012.</summary>
    public async Task StopAsync(TimeSpan window)
    {
        _draining = true;
        foreach (var client in _clients.Keys)
        {
            client.GoAway(0, (int)window.TotalMilliseconds);
        }

        while (!_clients.IsEmpty && !_stopping.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), services.Clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _stopping.CancelAsync();
        await _ticker;
    }

    /// <summary>Refuses new clients from now on; those there are stay.</summary>
    public void BeginDrain() => _draining = true;

    /// <summary>Ends the wait of a stop: sockets that are still open are cut.</summary>
    public void CutAll()
    {
        foreach (var client in _clients.Keys)
        {
            client.Cut();
        }

        _stopping.Cancel();
    }

    public void Dispose() => _stopping.Dispose();

    async Task TickAsync()
    {
        int ticks = 0;
        while (!_stopping.IsCancellationRequested)
        {
            await Task.Delay(Tick, services.Clock, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                foreach (var (room, feed) in _feeds)
                {
                    feed.Requests.ExpireOlderThan(services.Engine.RequestTimeout);
                    feed.Requests.Retry();
                    if (feed.IsEmpty)
                    {
                        RemoveIfEmpty(room, feed);
                    }
                }

                _wakes.WakeSome();
                foreach (var client in _clients.Keys)
                {
                    client.OnTick();
                    if (client.Principal is { } principal && services.Tokens.IsRevoked(principal))
                    {
                        client.Kick(TokenRevoked); // it came in just as the order did
                    }
                }

                if (++ticks % 240 == 0)
                {
                    foreach (var feed in _feeds.Values)
                    {
                        feed.Tail.ForgetUnlessFresh();
                    }

                    services.Users.Sweep();
                }
            }
            catch (Exception e)
            {
                services.Logger.ConnectionDefect(e, "ticker");
            }
        }
    }

    void CloseWhere(Func<IRouterClient, bool> which, string why)
    {
        foreach (var client in _clients.Keys.Where(which))
        {
            client.Kick(why);
        }
    }

    void RemoveIfEmpty(RoomId room, RoomFeed feed)
    {
        lock (_feedLock)
        {
            if (feed.IsEmpty)
            {
                services.Tails.Divide(_feedCount -= _feeds.TryRemove(room, out _) ? 1 : 0);
                feed.Requests.Unfollow();
            }
        }
    }
}

/// <summary>A client of the router: a WebSocket connection or an SSE stream.</summary>
interface IRouterClient
{
    /// <summary>Who it is; null before its token is known.</summary>
    Principal? Principal { get; }

    /// <summary>When it came.</summary>
    ConnectionStamp Stamp { get; }

    /// <summary>Once in a quarter of a second.</summary>
    void OnTick();

    /// <summary>The process stops: come back elsewhere within this window.</summary>
    void GoAway(int minDelayMs, int maxDelayMs);

    /// <summary>An operator puts the client out.</summary>
    void Kick(string why);

    /// <summary>Cuts the socket.</summary>
    void Cut();
}
