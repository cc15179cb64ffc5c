using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

using EdgeRooms.Client.Links;

namespace EdgeRooms.Client;

/// <summary>
/// A client of one server: one socket for all its rooms, made at the first <see cref="Room(string, RoomOptions?)"/> and made anew for as long as it takes. All of it
/// may be called from any thread.
/// <code>
/// await using var client = new EdgeRoomsClient(new Uri("wss://host"), new() { Token = ct => FetchTokenAsync(ct) });
/// await using var room = client.Room("chat/lobby");
/// await room.SendAsync("message", new Message("hello"), ChatJson.Default.Message);
/// await foreach (var e in room.Events()) Console.WriteLine($"{e.Seq} {e.By}: {e.Data}");
/// </code>
/// </summary>
public sealed partial class EdgeRoomsClient : IAsyncDisposable
{
    const int HistoryMax = 500;

    readonly Hub _hub;

    /// <summary>Connects nowhere yet.</summary>
    /// <param name="server"><c>ws(s)://</c> or <c>http(s)://HOST</c>, with a path where the server has one.</param>
    /// <exception cref="ArgumentException">The address has another scheme, or an option is out of its range.</exception>
    public EdgeRoomsClient(Uri server, EdgeRoomsClientOptions options)
        : this(server, options, dial: null, random: null)
    {
    }

    internal EdgeRoomsClient(Uri server, EdgeRoomsClientOptions options, Func<ISocketOwner, ISocket>? dial, Random? random)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.Token, nameof(options));
        ArgumentNullException.ThrowIfNull(options.TimeProvider, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueMax, 1, nameof(options));
        _hub = new Hub(server, options, dial, random)
        {
            OnStatus = status => StatusChanged?.Invoke(this, status),
            OnError = error => Error?.Invoke(this, error),
        };
    }

    /// <summary>After <see cref="Status"/> has changed. Handlers are called one at a time and in order, with those of the rooms.</summary>
    public event EventHandler<LinkStatus>? StatusChanged;

    /// <summary>What concerns no single room, or ends all of them; the log tells it, too.</summary>
    public event EventHandler<EdgeRoomsException>? Error;

    /// <summary>How the one connection stands.</summary>
    public LinkStatus Status => _hub.Gate.Run(() => _hub.Link.Status);

    /// <summary>Who the server says we are; null until connected.</summary>
    public string? User => _hub.Gate.Run(() => _hub.User);

    /// <summary>The id that the server knows us by across connections and, with <see cref="EdgeRoomsClientOptions.Store"/>, processes; null until known.</summary>
    public string? Session => _hub.Gate.Run(() => _hub.Session.Id);

    /// <summary>
    /// Opens a room and returns at once. A room opened twice is joined once: each handle has readers of its own and is left on its own.
    /// </summary>
    /// <param name="id"><c>kind/name</c>: kind of a-z, 0-9 and -, name of letters, digits, _ and -.</param>
    /// <exception cref="EdgeRoomsException"><c>invalid_room</c>, or <c>closed</c> where the client is.</exception>
    public Room Room(string id, RoomOptions? options = null) => Open(id, options, static (hub, id) => new Room(hub, id));

    /// <summary>Opens a room whose state is a type of yours, read by a source-generated context; see <see cref="Room(string, RoomOptions?)"/>.</summary>
    public Room<TState> Room<TState>(string id, JsonTypeInfo<TState> type, RoomOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Open(id, options, (hub, id) => new Room<TState>(hub, id, type));
    }

    /// <summary>
    /// Ends everything: rooms are left at once, readers of events end. Commands that wait are refused: <c>closed</c> where never sent, <c>outcome_unknown</c> where
    /// sent. Await what you sent before.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _hub.Gate.Run(_hub.Close);
        await _hub.Link.EndedAsync().ConfigureAwait(false);
        _hub.Past.Dispose();
    }

    TRoom Open<TRoom>(string id, RoomOptions? options, Func<Hub, string, TRoom> make)
        where TRoom : Room
    {
        ArgumentNullException.ThrowIfNull(id);
        options ??= new RoomOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.History, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.History, HistoryMax, nameof(options));
        if (!RoomId().IsMatch(id))
        {
            throw new EdgeRoomsException("invalid_room", $"'{id}' is no room: give kind/name, kind of a-z, 0-9 and -, name of letters, digits, _ and -.");
        }

        if (options.Presence.ValueKind != JsonValueKind.Undefined)
        {
            Protocol.Payload.Check(id, "presence", options.Presence);
        }

        return _hub.Gate.Run(() =>
        {
            var room = make(_hub, id);
            room.Enter(_hub.Open(id, options), options);
            return room;
        });
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,31}/[A-Za-z0-9_-]{1,64}\z")]
    private static partial Regex RoomId();
}
