using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

using EdgeRooms.Client.Protocol;
using EdgeRooms.Client.Rooms;

namespace EdgeRooms.Client;

/// <summary>
/// A room that was opened. Events come once each and in order, across lost connections and server restarts; each command settles once. Handlers
/// are called one at a time and in order; one that blocks holds up those behind it.
/// </summary>
public partial class Room : IAsyncDisposable
{
    const int PageEvents = 500;

    readonly Hub _hub;
    Membership _membership = null!; // set by Enter, before the room is handed out

    /// <summary>Of this handle's readers, each until its reader has ended; owned by the gate.</summary>
    readonly List<EventFeed> _feeds = [];
    EventFeed? _firstFeed;
    bool _isLeft;

    internal Room(Hub hub, string id)
    {
        _hub = hub;
        Id = id;
        Doc = new Doc(this);
    }

    /// <summary>After <see cref="Status"/> has changed.</summary>
    public event EventHandler<RoomStatus>? StatusChanged;

    /// <summary>Somebody came, went or changed; all members.</summary>
    public event EventHandler<IReadOnlyList<RoomMember>>? MembersChanged;

    /// <summary>The server has told a state, or the document or a reducer has made another; read it by <see cref="State"/>.</summary>
    public event EventHandler? StateChanged;

    /// <summary>Something that is not stored.</summary>
    public event EventHandler<Ephemeral>? EphemeralReceived;

    /// <summary>Forget the events so far; the state is where to go on. <see cref="RoomEvent.Reset"/> tells the same among the events.</summary>
    public event EventHandler<RoomReset>? Reset;

    /// <summary>A command was refused (its task throws, too), or the room ended.</summary>
    public event EventHandler<EdgeRoomsException>? Error;

    /// <summary><c>kind/name</c>.</summary>
    public string Id { get; }

    /// <summary>How the room stands with its server.</summary>
    public RoomStatus Status => Read(m => _isLeft ? RoomStatus.Closed : m.Status);

    /// <summary>Who is here, me among them; empty until the first join.</summary>
    public IReadOnlyList<RoomMember> Members => Read(m => m.Members);

    /// <summary>My member id here; null until the first join.</summary>
    public string? Me => Read(m => m.Me);

    /// <summary>Of the last event that came, whether or not a reader has got to it.</summary>
    public long Seq => Read(m => m.Seq);

    /// <summary>The room's last event as the server told it; above <see cref="Seq"/> while what was missed is still coming.</summary>
    public long Head => Read(m => m.Head);

    /// <summary>Own commands that have neither event nor answer, in order.</summary>
    public IReadOnlyList<RoomChange> Pending => Read(m => m.Pending);

    /// <summary>Which stream that is; null until the first join.</summary>
    public string? Epoch => Read(m => m.Epoch);

    /// <summary>
    /// The last state that the server told, at <see cref="StateSeq"/>; undefined where it has told none, as for a <c>relay</c>. It does not follow the events,
    /// but for a <c>doc</c> once <see cref="Doc"/> is used, or by a reducer: <see cref="Room{TState}.Optimistic(Func{TState, RoomChange, TState})"/>.
    /// </summary>
    public JsonElement State => Read(m => m.State.Value);

    /// <summary>The seq of <see cref="State"/>: events above it are not in it.</summary>
    public long StateSeq => Read(m => m.State.Seq);

    /// <summary>The shared JSON object of a room of kind <c>doc</c>.</summary>
    public Doc Doc { get; }

    /// <summary>
    /// The events from now on, until the room or client is closed; the first reader of a handle gets all since the handle was opened, and past ones first where
    /// <see cref="RoomOptions.History"/> says so. A reader that falls behind by more than 512 gets the rest from the log (right <c>history</c>).
    /// </summary>
    /// <exception cref="EdgeRoomsException">While reading: the server ended the room; or <c>behind</c>.</exception>
    public IAsyncEnumerable<RoomEvent> Events(CancellationToken cancellationToken = default) => _hub.Gate.Run(() =>
    {
        var feed = _firstFeed ?? NewFeed();
        _firstFeed = null;
        return feed;
    }).ReadAsync(cancellationToken);

    /// <summary>The state as it was after an event; 0 is the initial one. Over HTTP.</summary>
    /// <exception cref="EdgeRoomsException"><c>gone</c> where it is trimmed or not there yet, <c>forbidden</c>, <c>unavailable</c>.</exception>
    public Task<JsonElement> AtAsync(long seq, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seq);
        return _hub.Past.StateAsync(Id, seq, cancellationToken);
    }

    /// <summary>Past events up to now, oldest first; waits out lost connections.</summary>
    /// <param name="after">The seq before the first one wanted; 0 is the beginning.</param>
    /// <exception cref="EdgeRoomsException"><c>forbidden</c> without the right <c>history</c>; <c>closed</c>.</exception>
    public async IAsyncEnumerable<RoomEvent> HistoryAsync(long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        bool more = true;
        while (more)
        {
            var page = await _hub.Past.PageAsync(Id, after, PageEvents, cancellationToken).ConfigureAwait(false);
            foreach (var next in page.Events ?? [])
            {
                after = next.Seq;
                yield return next.ToEvent();
            }

            more = page is { More: true, Events.Count: > 0 };
        }
    }

    /// <summary>
    /// Ends this handle: its readers end and its handlers are called no more. The room itself is left when its last handle has been and all its commands have been
    /// answered. Returns at once.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        _hub.Gate.Run(() =>
        {
            if (_isLeft)
            {
                return;
            }

            _isLeft = true;
            _membership.Release(this);
            foreach (var feed in _feeds.ToArray())
            {
                feed.End(null);
                _membership.Forget(feed);
            }
        });
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Owned by the gate: what this handle's state follows by.</summary>
    internal IReducer? Reducer { get; set; }

    internal void Enter(Membership membership, RoomOptions options)
    {
        _membership = membership;
        membership.Acquire(this, options);
        _firstFeed = NewFeed();
    }

    /// <summary>In a turn: its reader has ended.</summary>
    internal void Forget(EventFeed feed)
    {
        _feeds.Remove(feed);
        _membership.Forget(feed);
    }

    internal Hub Hub => _hub;

    internal T Read<T>(Func<Membership, T> read) => _hub.Gate.Run(() => read(_membership));

    internal void OnStatus(RoomStatus status) => StatusChanged?.Invoke(this, status);

    internal void OnMembers(IReadOnlyList<RoomMember> members) => MembersChanged?.Invoke(this, members);

    internal void OnState()
    {
        if (Reducer?.HasNews() ?? true)
        {
            StateChanged?.Invoke(this, EventArgs.Empty);
        }
    }

    internal void OnError(EdgeRoomsException error) => Error?.Invoke(this, error);

    internal void OnEphemeral(Ephemeral said) => EphemeralReceived?.Invoke(this, said);

    internal void OnReset(RoomReset reset) => Reset?.Invoke(this, reset);

    EventFeed NewFeed()
    {
        var feed = new EventFeed(this, _membership, _hub.Gate);
        _feeds.Add(feed);
        _membership.Add(feed);
        if (_isLeft)
        {
            feed.End(null);
        }

        return feed;
    }
}
