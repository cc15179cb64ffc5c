namespace EdgeRooms.Rooms;

/// <summary>A registered kind.</summary>
sealed class RoomKind
{
    public static RoomKind Of<TRoom>(string kind, RoomKindOptions options)
        where TRoom : Room, new() => throw new NotSupportedException();
}
