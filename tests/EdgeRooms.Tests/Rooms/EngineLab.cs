using System.Text;
using System.Text.Json;
using System.Threading.Channels;

using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;
using EdgeRooms.Events;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace EdgeRooms.Tests.Rooms;

/// <summary>A whole node on the in-memory ports, whose log answers as a test says.</summary>
sealed class EngineLab : IAsyncDisposable
{
    readonly Node _node;

    EngineLab(EdgeRoomsOptions options, params RoomKind[] kinds)
    {
        var store = new InMemoryStore();
        Leases = new InMemoryLeases(store, "lab");
        Log = new InMemoryEventLog(store, Leases);
        var meters = new Meters(new ServiceCollection().AddMetrics().BuildServiceProvider()
            .GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        _node = new Node(new KindRegistry(kinds), Log, Leases, new InMemorySecrets(), new NoTokens(), Options.Create(options),
            TimeProvider.System, meters, new Lifetime(), NullLogger<Node>.Instance);
    }

    public InMemoryLeases Leases { get; }

    public InMemoryEventLog Log { get; }

    /// <summary>A lab of the kinds given, or of <c>tally</c>.</summary>
    public static async Task<EngineLab> StartAsync(EdgeRoomsOptions? options = null, params RoomKind[] kinds)
    {
        var lab = new EngineLab(
            options ?? new EdgeRoomsOptions(), kinds.Length > 0 ? kinds : [RoomKind.Of<Tally>("tally", new RoomKindOptions())]);
        await lab._node.StartAsync(CancellationToken.None);
        return lab;
    }

    /// <summary>A client that is in the room.</summary>
    public async Task<LabClient> JoinAsync(string user, string room = "tally/a")
    {
        var client = new LabClient();
        var rights = new RoomRights(new Dictionary<string, Right> { ["*"] = Right.Join | Right.Send | Right.History | Right.Ephemeral });
        client.Connection = new Connection(_node.Router, client, new ConnectionOpening(
            new Principal(user, null, DateTimeOffset.MaxValue, rights), true, null, RoomId.Parse(room)));
        client.Connection.Open();
        client.Pump = client.Connection.Outbound.PumpAsync();
        await client.NextAsync("joined");
        return client;
    }

    public async Task<IReadOnlyList<StoredEvent>> EventsAsync(string room = "tally/a") =>
        (await Log.ReadAsync(RoomId.Parse(room), 0, 0, 10_000, CancellationToken.None)).Events;

    public async ValueTask DisposeAsync()
    {
        await _node.StopAsync(CancellationToken.None);
        _node.Dispose();
    }

    sealed class NoTokens : ITokenValidator
    {
        public ValueTask<Principal?> ValidateAsync(string token) => new((Principal?)null);
    }

    sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
        }
    }
}

/// <summary>A connection whose frames a test reads; every wait ends after ten seconds.</summary>
sealed class LabClient : IConnectionTransport
{
    readonly Channel<JsonElement> _frames = Channel.CreateUnbounded<JsonElement>();

    public Connection Connection { get; set; } = null!;

    public Task Pump { get; set; } = Task.CompletedTask;

    /// <summary>While set, the socket takes nothing.</summary>
    public Task Blocked { get; set; } = Task.CompletedTask;

    public bool TakesBatches => false;

    public List<JsonElement> Seen { get; } = [];

    public async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        await Blocked;
        _frames.Writer.TryWrite(JsonElement.Parse(message.Span));
    }

    public ValueTask PingAsync() => default;

    public ValueTask CloseAsync(int code, string reason) => default;

    public void Abort()
    {
    }

    public ValueTask SendAsync(string frame) => Connection.OnMessageAsync(Encoding.UTF8.GetBytes(frame));

    public ValueTask AddAsync(long cmd, long by = 1) =>
        SendAsync($$"""{"type":"send","id":{{cmd}},"cmd":{{cmd}},"name":"add","data":{"by": {{by}} } }""");

    public async Task<JsonElement> NextAsync(params string[] types)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            var frame = await _frames.Reader.ReadAsync(limit.Token);
            Seen.Add(frame);
            if (types.Contains(frame.GetProperty("type").GetString()))
            {
                return frame;
            }
        }
    }

    public bool HasMore() => _frames.Reader.TryPeek(out _);
}

public sealed record Sum(long Value);

public sealed record Tallied(long By);

public sealed class Tally : Room<Sum>
{
    protected override Sum Initial => new(0);

    [Command]
    public Sum Add(Member by, Tallied add)
    {
        if (add.By < 0)
        {
            throw Reject("Only upwards.");
        }

        Emit(add);
        return add.By == 13 ? throw new InvalidOperationException("unlucky") : State;
    }

    [Command]
    public async Task Slow(Member by)
    {
        await Task.Delay(TimeSpan.FromSeconds(2));
        Emit(new Tallied(1000));
    }

    [Command]
    public void Later(Member by) => Alarms.Set("later", TimeSpan.FromMilliseconds(50));

    protected internal override ValueTask OnAlarm(string name)
    {
        Emit(new Tallied(100));
        return default;
    }

    public static Sum Apply(Sum state, Tallied e) => new(state.Value + e.By);
}
