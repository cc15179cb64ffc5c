using Microsoft.Extensions.Time.Testing;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>A client of a scripted server by a clock that is told. All of it happens on the test's thread, so nothing needs waiting for.</summary>
sealed class Setup : IAsyncDisposable
{
    public static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    public Setup(Func<CancellationToken, Task<string>>? token = null, int queueMax = 1_000, ISessionStore? store = null)
    {
        var options = new EdgeRoomsClientOptions { Token = token ?? (_ => Task.FromResult("jwt")), TimeProvider = Time, QueueMax = queueMax, Logger = Log, Store = store };
        Client = new EdgeRoomsClient(new Uri("ws://server"), options, Server.Dial, Chance);
    }

    public ListLogger Log { get; } = new();

    public FakeTimeProvider Time { get; } = new(Begin);

    public FixedRandom Chance { get; } = new();

    public ScriptedServer Server { get; } = new();

    public EdgeRoomsClient Client { get; }

    public Room Room { get; private set; } = null!; // where it was opened

    public Heard Heard { get; private set; } = null!; // with the room

    public ScriptedConnection Connection { get; private set; } = null!; // with the room

    public double NowMs => (Time.GetUtcNow() - Begin).TotalMilliseconds;

    /// <summary>A room that is live.</summary>
    public static Setup Live(
        object? joined = null, object? welcomed = null, RoomOptions? options = null, Func<CancellationToken, Task<string>>? token = null, int queueMax = 1_000, ISessionStore? store = null)
    {
        var setup = new Setup(token, queueMax, store);
        setup.Open(options);
        setup.Connection = setup.Server.Next().LetIn(joined, welcomed);
        return setup;
    }

    public Room Open(RoomOptions? options = null)
    {
        Room = Client.Room(Wire.Room, options);
        Heard = new Heard(Room);
        return Room;
    }

    public void Advance(double ms)
    {
        var until = Time.GetUtcNow().AddMilliseconds(ms);
        while (until - Time.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            Time.Advance(left < Step ? left : Step);
        }
    }

    /// <summary>The next connection, as soon as the client makes one.</summary>
    public ScriptedConnection Reconnected()
    {
        for (int ms = 0; !Server.HasNext && ms < 120_000; ms += 5)
        {
            Time.Advance(Step);
        }

        return Server.Next();
    }

    /// <summary>The connection breaks and the client comes back; not let in yet.</summary>
    public ScriptedConnection Reconnect()
    {
        Connection.Drop();
        return Connection = Reconnected();
    }

    public ValueTask DisposeAsync() => Client.DisposeAsync();
}
