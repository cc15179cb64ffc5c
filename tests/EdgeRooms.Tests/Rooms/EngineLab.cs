using EdgeRooms.Events;

namespace EdgeRooms.Tests.Rooms;

/// <summary>One process alone, whose log answers as a test says.</summary>
sealed class EngineLab(LabProcess process) : IAsyncDisposable
{
    public InMemoryEventLog Log => process.Log;

    public LabProcess Process => process;

    public static async Task<EngineLab> StartAsync(EdgeRoomsOptions? options = null) =>
        new(await LabProcess.StartAsync(new InMemoryStore(), "lab", options: options));

    public Task<LabClient> JoinAsync(string user, string room = "tally/a") => process.JoinAsync(user, room);

    public Task<IReadOnlyList<StoredEvent>> EventsAsync(string room = "tally/a") => process.EventsAsync(room);

    public ValueTask DisposeAsync() => process.DisposeAsync();
}
