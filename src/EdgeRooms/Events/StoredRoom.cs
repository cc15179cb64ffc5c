namespace EdgeRooms.Events;

/// <summary>
/// What a load finds. <paramref name="Tail"/> starts after <see cref="StoredSnapshot.Version"/> or 128 events before
/// <paramref name="Version"/>, whichever is lower, and may end early on a long stream: the loader reads on from its end.
/// </summary>
/// <param name="FirstVersion">The lowest version that can still be read; above 1 where the stream is trimmed; 1 for an empty stream.</param>
sealed record StoredRoom(
    RoomId Room,
    long Epoch,
    long Version,
    long FirstVersion,
    StoredSnapshot? Snapshot,
    IReadOnlyList<StoredEvent> Tail,
    IReadOnlyList<Alarm> Alarms,
    IReadOnlyList<CommandMark> Marks);

/// <summary>
/// Committed state at a version of an epoch (HARD-CASES 6, 7). <paramref name="Engine"/> is the engine's own part (dedupe, recorded
/// members; JSON with a version of its own inside) and is never ignored; <paramref name="State"/> is the kind's, ignored when
/// <paramref name="StateVersion"/> is not the kind's. Both UTF-8 JSON; <paramref name="State"/> is empty for kinds without one.
/// </summary>
sealed record StoredSnapshot(
    RoomId Room,
    long Epoch,
    long Version,
    ReadOnlyMemory<byte> Engine,
    int StateVersion,
    ReadOnlyMemory<byte> State);

/// <summary>A page of a stream; <paramref name="More"/> where events follow it.</summary>
sealed record StoredPage(long Epoch, long Version, long FirstVersion, IReadOnlyList<StoredEvent> Events, bool More);
