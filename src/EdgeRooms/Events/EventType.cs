namespace EdgeRooms.Events;

/// <summary>A stored event type: its name in the stream (Marten's event type name) and the .NET record behind it.</summary>
sealed record EventType(string Name, Type ClrType);
