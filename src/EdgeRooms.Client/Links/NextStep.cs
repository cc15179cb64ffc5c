namespace EdgeRooms.Client.Links;

/// <summary>What follows the end of a connection.</summary>
enum NextStep
{
    Stop,
    FreshToken,
    Now,
    BackOff,
}
