namespace EdgeRooms.Client.Tests.Support;

/// <summary>What a room tells, collected.</summary>
sealed class Heard
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly IAsyncEnumerator<RoomEvent> _events;

    public Heard(Room room)
    {
        _events = room.Events().GetAsyncEnumerator();
        Statuses.Add(room.Status);
        room.StatusChanged += (_, status) => Statuses.Add(status);
        room.Reset += (_, reset) => Resets.Add(reset);
        room.StateChanged += (_, _) => States.Add((room.State.ValueKind == System.Text.Json.JsonValueKind.Undefined ? null : room.State.GetRawText(), room.StateSeq));
        room.EphemeralReceived += (_, said) => Said.Add(said);
        room.Error += (_, error) => Errors.Add(error.Code);
        room.MembersChanged += (_, members) => Members.Add(members);
    }

    public List<RoomStatus> Statuses { get; } = [];

    public List<RoomReset> Resets { get; } = [];

    public List<(string? State, long Seq)> States { get; } = [];

    public List<string> Errors { get; } = [];

    public List<Ephemeral> Said { get; } = [];

    public List<IReadOnlyList<RoomMember>> Members { get; } = [];

    /// <summary>The next events, as many as are expected; one too many shows in the next call or in the room's seq.</summary>
    public async Task<List<RoomEvent>> EventsAsync(int count)
    {
        var events = new List<RoomEvent>();
        while (events.Count < count && await _events.MoveNextAsync().AsTask().WaitAsync(Patience))
        {
            events.Add(_events.Current);
        }

        return events;
    }

    public async Task<List<long>> SeqsAsync(int count) => [.. (await EventsAsync(count)).Select(e => e.Seq)];
}
