using System.Text;

using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Kinds;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRooms.Cluster;

/// <summary>
/// Two processes in memory, linked over loopback, whose rooms are joined, used and handed over before the real process starts, and a load from the real log
/// of a room that is not there: what runs for the first time is compiled then, and here no room waits for it. Called once by the host, where code is compiled
/// whole at its first use; writes nothing. Each part ends within <see cref="Within"/> and the time of a stop; a failure is logged and costs only the warmth.
/// </summary>
sealed class Rehearsal(IEventLog log, ILogger<Rehearsal> logger) : IHostedService, IConnectionTransport
{
    const int Rooms = 12;
    const int Commands = 20;
    static readonly TimeSpan Within = TimeSpan.FromSeconds(5);
    static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(2);

    readonly InMemoryStore _store = new();
    readonly SemaphoreSlim _answered = new(0);

    /// <summary>With tiers a method is compiled quickly first: nothing waits for long.</summary>
    static bool IsWorthwhile => AppContext.TryGetSwitch("System.Runtime.TieredCompilation", out bool isTiered) && !isTiered;

    public Task StartAsync(CancellationToken cancellationToken) => IsWorthwhile ? RunAsync(cancellationToken) : Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether it went through; throws nothing.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        bool isDone = await TryAsync(PlayAsync, cancellation) & await TryAsync(log.RehearseAsync, cancellation);

        // What is left of it would sit in the oldest generation: measured, it made W2's first seconds slower by a fifth.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return isDone;
    }

    async Task<bool> TryAsync(Func<CancellationToken, Task> part, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Within);
        try
        {
            await part(limit.Token).WaitAsync(Within + StopWithin, CancellationToken.None);
            return true;
        }
        catch (Exception e)
        {
            logger.RehearsalFailed(e);
            return false;
        }
    }

    async Task PlayAsync(CancellationToken limit)
    {
        await using var first = await Actor.StartAsync(_store, "first", limit);
        await using var second = await Actor.StartAsync(_store, "second", limit);
        var here = Join(first.Process);
        var there = Join(second.Process);
        await AnsweredAsync(2 * Rooms, limit);
        await SendAsync([.. here, .. there], 1, limit);

        var handOver = second.DisposeAsync();
        await SendAsync(here, Commands + 1, limit);
        await handOver;
    }

    List<Connection> Join(ClusterProcess process)
    {
        var rights = new RoomRights(new Dictionary<string, Right> { ["*"] = Right.Join | Right.Send });
        var connections = new List<Connection>();
        for (int room = 0; room < Rooms; room++)
        {
            var connection = new Connection(process.Router, this, new ConnectionOpening(
                new Principal("rehearsal", null, DateTimeOffset.MaxValue, rights, null), true, null, RoomId.Parse($"rehearsal/r{room}"), null));
            connection.Open();
            _ = PumpAsync(connection); // this transport throws nothing, and the process closes it as it stops
            connections.Add(connection);
        }

        return connections;
    }

    static async Task PumpAsync(Connection connection)
    {
        await connection.Outbound.PumpAsync();
        connection.OnClosed(normally: false);
    }

    async Task SendAsync(List<Connection> connections, int first, CancellationToken limit)
    {
        for (int cmd = first; cmd < first + Commands; cmd++)
        {
            foreach (var connection in connections)
            {
                await connection.OnMessageAsync(Encoding.UTF8.GetBytes($$"""{"type":"send","id":{{cmd}},"cmd":{{cmd}},"name":"n","data":[1]}"""));
            }
        }

        await AnsweredAsync(connections.Count * Commands, limit);
    }

    async Task AnsweredAsync(int count, CancellationToken limit)
    {
        for (; count > 0; count--)
        {
            await _answered.WaitAsync(limit);
        }
    }

    bool IConnectionTransport.TakesBatches => false;

    ValueTask IConnectionTransport.SendAsync(ReadOnlyMemory<byte> message)
    {
        var frame = message.Span;
        if (frame.StartsWith("{\"type\":\"joined\""u8) || frame.StartsWith("{\"type\":\"ack\""u8))
        {
            _answered.Release();
        }

        return default;
    }

    ValueTask IConnectionTransport.PingAsync() => default;

    ValueTask IConnectionTransport.CloseAsync(int code, string reason) => default;

    void IConnectionTransport.Abort()
    {
    }

    /// <summary>One of the two; disposing it is an orderly stop, with its rooms handed over.</summary>
    sealed class Actor(InMemoryProcess process) : IAsyncDisposable
    {
        Task? _stop;

        public ClusterProcess Process => process.Cluster;

        public static async Task<Actor> StartAsync(InMemoryStore store, string name, CancellationToken limit)
        {
            var options = new EdgeRoomsOptions();
            options.Limits.CommandsPerSecond = options.Limits.CommandBurst = int.MaxValue;
            var actor = new Actor(new InMemoryProcess(
                store, name, ProcessRole.All, options, [RoomKind.Of<RelayRoom>("rehearsal", new RoomKindOptions())], NullLogger<ClusterProcess>.Instance));
            try
            {
                await actor.Process.StartAsync(limit);
                return actor;
            }
            catch
            {
                await actor.DisposeAsync();
                throw;
            }
        }

        public ValueTask DisposeAsync() => new(_stop ??= StopAsync());

        async Task StopAsync()
        {
            using var limit = new CancellationTokenSource(StopWithin);
            await using (process)
            {
                process.Host.StopApplication();
                await process.Cluster.StopAsync(limit.Token);
            }
        }
    }
}
