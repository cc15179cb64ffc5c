namespace EdgeRooms.Events;

/// <summary>
/// Port: the store behind the rooms. Called by writers (one per lane, one append at a time), by the loader and by
/// readers, from any thread. Nothing here retries an append: what is in doubt is told as such.
/// </summary>
interface IEventLog
{
    /// <summary>
    /// Opens lane <paramref name="lane"/>'s writer: a connection of its own and a raised fence number. Waits for a
    /// batch in flight of the lane's earlier writer; when it returns, that batch is stored or never will be (HARD-CASES 4).
    /// Throws <see cref="NodeFencedException"/> where this node has lost its place, any other exception where the database is away.
    /// </summary>
    Task<IEventLogWriter> OpenWriterAsync(int lane, CancellationToken cancellation);

    /// <summary>Epoch, version, snapshot, alarms, marks and the first part of the tail for up to 256 rooms, in their order.</summary>
    Task<IReadOnlyList<StoredRoom>> LoadAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation);

    /// <summary>
    /// Runs the code of <see cref="LoadAsync"/> once on events of its own making, so that no room waits for what is compiled at its first use. Reads and
    /// writes no room; returns how many events it saw.
    /// </summary>
    Task<int> RehearseAsync(CancellationToken cancellation) => Task.FromResult(0);

    /// <summary>
    /// Up to <paramref name="limit"/> events after <paramref name="after"/>, ascending. <paramref name="epoch"/> 0: the current one.
    /// </summary>
    Task<StoredPage> ReadAsync(RoomId room, long epoch, long after, int limit, CancellationToken cancellation);

    /// <summary>
    /// Stores committed state. Only raises the version; false where a newer one stands or this node is fenced (HARD-CASES 6).
    /// </summary>
    Task<bool> SaveSnapshotAsync(StoredSnapshot snapshot, CancellationToken cancellation);

    /// <summary>Deletes events at or below <paramref name="upTo"/>; never above a kept snapshot's version. Returns how many.</summary>
    Task<long> TrimAsync(RoomId room, long epoch, long upTo, CancellationToken cancellation);

    /// <summary>
    /// Replaces the room's stream by that of the epoch after <paramref name="from"/> (HARD-CASES 16, 21): where
    /// <paramref name="copy"/> with the same events without their sessions' numbers, and with <paramref name="snapshot"/> (of the new
    /// epoch, where the old stream is trimmed); else empty and without alarms. Returns the room's epoch, which is
    /// another where somebody was first. Throws <see cref="NodeFencedException"/>.
    /// </summary>
    Task<long> RaiseEpochAsync(RoomId room, long from, bool copy, StoredSnapshot? snapshot, CancellationToken cancellation);

    /// <summary>Due alarms of rooms this node owns or that nobody live owns, oldest first.</summary>
    Task<IReadOnlyList<Alarm>> ReadDueAlarmsAsync(int limit, CancellationToken cancellation);

    /// <summary>The current versions of loaded rooms' streams, in one query; 0 where there is none.</summary>
    Task<IReadOnlyList<long>> ReadVersionsAsync(IReadOnlyList<Activation> activations, CancellationToken cancellation);
}

/// <summary>One lane's connection. Not thread safe; one append at a time.</summary>
interface IEventLogWriter : IAsyncDisposable
{
    /// <summary>
    /// Appends a batch in one statement; takes no cancellation, since a cancelled commit is one in doubt. Rooms that are
    /// not at their expected version are named, the others are stored. Throws <see cref="NodeFencedException"/>,
    /// <see cref="AppendRolledBackException"/> (an answer of the database: nothing is stored), or any other exception: outcome unknown.
    /// </summary>
    Task<IReadOnlyList<AppendConflict>> AppendAsync(IReadOnlyList<RoomAppend> batch);
}

/// <summary>One room's part of a batch: the groups of consecutive turns, with one expected version.</summary>
sealed class RoomAppend(Activation activation, long expectedVersion)
{
    public Activation Activation { get; } = activation;

    public long ExpectedVersion { get; } = expectedVersion;

    public List<AppendGroup> Groups { get; } = [];

    public int EventCount { get; private set; }

    public void Add(AppendGroup group)
    {
        Groups.Add(group);
        EventCount += group.Events.Count;
    }
}

/// <summary>A room (by its index in the batch) that was not at the expected version, and where it is.</summary>
readonly record struct AppendConflict(int Index, long ActualVersion);

/// <summary>The node's fence was raised: it may write nothing any more and must come back as a new one.</summary>
sealed class NodeFencedException(string message) : Exception(message);

/// <summary>
/// The database answered with an error: the statement rolled back. <see cref="IsData"/> where the batch's content is the cause
/// (SQLSTATE classes 22, 23 and 54), else the database could not for now.
/// </summary>
sealed class AppendRolledBackException(string message, bool isData, Exception? inner = null) : Exception(message, inner)
{
    public bool IsData { get; } = isData;
}
