namespace EdgeRooms.Events;

/// <summary>An event on its way into a stream. Bodies are UTF-8 JSON as the stream stores them.</summary>
sealed record NewEvent(Guid Id, EventType Type, ReadOnlyMemory<byte> Body, ReadOnlyMemory<byte> Headers, DateTimeOffset At);

/// <summary>An event as the stream gives it back. <paramref name="Version"/> is the seq.</summary>
sealed record StoredEvent(long Version, string TypeName, ReadOnlyMemory<byte> Body, EventHeaders Headers, DateTimeOffset At);
