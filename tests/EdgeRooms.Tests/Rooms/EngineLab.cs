using EdgeRooms.Events;
using EdgeRooms.Rooms;

namespace EdgeRooms.Tests.Rooms;

/// <summary>One process alone, whose log answers as a test says.</summary>
sealed class EngineLab(LabProcess process) : IAsyncDisposable
{
    public InMemoryEventLog Log => process.Log;

    public LabProcess Process => process;

    /// <summary>A lab of the kinds given, or of the lab's own.</summary>
    public static async Task<EngineLab> StartAsync(EdgeRoomsOptions? options = null, params RoomKind[] kinds) =>
        new(await LabProcess.StartAsync(new InMemoryStore(), "lab", options: options, kinds: kinds));

    public Task<LabClient> JoinAsync(string user, string room = "tally/a") => process.JoinAsync(user, room);

    public Task<IReadOnlyList<StoredEvent>> EventsAsync(string room = "tally/a") => process.EventsAsync(room);

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
