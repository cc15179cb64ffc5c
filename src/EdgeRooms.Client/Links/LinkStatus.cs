namespace EdgeRooms.Client.Links;

/// <summary>How the one connection of a client stands.</summary>
enum LinkStatus
{
    Connecting,
    Live,
    Offline,
    Closed,
}
