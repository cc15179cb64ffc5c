namespace EdgeRooms.Client.Sessions;

/// <summary>How a welcome's session stands to the one before.</summary>
enum Adoption
{
    Same,
    New,

    /// <summary>What waits is not theirs to send.</summary>
    OtherUser,
}
