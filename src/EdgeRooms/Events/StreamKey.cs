namespace EdgeRooms.Events;

/// <summary>
/// The Marten stream behind a room: its id, and from the second epoch on <c>kind/name@epoch</c>. A stream that replaces
/// another thus never shares a version with it, so an append meant for the old one cannot land in the new.
/// </summary>
static class StreamKey
{
    public static string Of(RoomId room, long epoch) => epoch == 1 ? room.ToString() : $"{room}@{epoch}";
}
