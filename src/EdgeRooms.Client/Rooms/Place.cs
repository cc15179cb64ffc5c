namespace EdgeRooms.Client.Rooms;

/// <summary>Where an event stands against those before it.</summary>
enum Place
{
    Next,
    Repeat,
    Gap,
}
