namespace EdgeRooms;

/// <summary>How rooms of a kind live.</summary>
public sealed class RoomKindOptions
{
    readonly List<EventUpcast> _upcasts = [];

    /// <summary>Version of the state's shape: raise it when the state's JSON changed, and old snapshots are ignored and the stream replayed.</summary>
    public int StateVersion { get; set; } = 1;

    /// <summary>Events between snapshots, 10 to 100,000.</summary>
    public int SnapshotEvery { get; set; } = 1000;

    /// <summary>Time without a message after which a room leaves memory (its sockets stay open), 1 s to 1 day.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Members at a time, 1 to 100,000; one more gets <c>room_full</c>.</summary>
    public int MaxMembers { get; set; } = 10_000;

    /// <summary>Events kept for replay, at least 1,000; older ones are deleted after a snapshot. Null: all.</summary>
    public long? RetainEvents { get; set; }

    /// <summary>
    /// Joins and leaves as events <c>member_joined</c> and <c>member_left</c>; who does not come back within the grace after a crash
    /// leaves by an alarm. Null: yes where the class overrides <see cref="Room.OnLeft"/>.
    /// </summary>
    public bool? RecordMembers { get; set; }

    /// <summary>
    /// For a kind whose events are trimmed: turns a snapshot's state of an older <see cref="StateVersion"/> (UTF-8 JSON and its version)
    /// into JSON of the current one. Without it such a room refuses to load rather than fold over a gap.
    /// </summary>
    public Func<int, ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? UpcastState { get; set; }

    internal IReadOnlyList<EventUpcast> Upcasts => _upcasts;

    /// <summary>
    /// Reads events stored under <paramref name="storedName"/> with the shape <typeparamref name="TOld"/> as <typeparamref name="TNew"/>:
    /// rename or reshape an event without touching the stream. Marten's readers get the same upcaster.
    /// </summary>
    public RoomKindOptions UpcastEvent<TOld, TNew>(string storedName, Func<TOld, TNew> upcast)
        where TOld : class
        where TNew : class
    {
        ArgumentException.ThrowIfNullOrEmpty(storedName);
        ArgumentNullException.ThrowIfNull(upcast);
        _upcasts.Add(new EventUpcast(storedName, typeof(TOld), typeof(TNew), o => upcast((TOld)o), upcast));
        return this;
    }
}

/// <summary>An upcaster as registered, for both the engine's readers and Marten's.</summary>
sealed record EventUpcast(string StoredName, Type OldType, Type NewType, Func<object, object> Convert, Delegate Typed);
