namespace EdgeRooms.Client;

/// <summary>How a room stands with its server.</summary>
public enum RoomStatus
{
    /// <summary>The first way in.</summary>
    Connecting,

    /// <summary>In the room: events come, commands go.</summary>
    Live,

    /// <summary>Coming back into a room that was live before.</summary>
    Resuming,

    /// <summary>Waiting to try again. Commands wait, too.</summary>
    Offline,

    /// <summary>Over: left, or ended by the server for good. Open the room again by <see cref="EdgeRoomsClient.Room(string, RoomOptions?)"/>.</summary>
    Closed,
}
