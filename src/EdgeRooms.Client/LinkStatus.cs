namespace EdgeRooms.Client;

/// <summary>How the one connection of a client stands.</summary>
public enum LinkStatus
{
    /// <summary>On the way, or not begun.</summary>
    Connecting,

    /// <summary>Known to the server.</summary>
    Live,

    /// <summary>Waiting to try again.</summary>
    Offline,

    /// <summary>Over: closed, or ended by the server for good.</summary>
    Closed,
}
