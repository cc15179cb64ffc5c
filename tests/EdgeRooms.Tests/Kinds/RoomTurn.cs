using System.Text.Json;

using EdgeRooms.Rooms;

namespace EdgeRooms.Tests.Kinds;

/// <summary>A room's hands without an engine: what it emits is folded by the given function and kept.</summary>
sealed class RoomTurn : RoomContext
{
    readonly Room _room;
    readonly Func<object?, object, long, object?> _apply;

    public RoomTurn(Room room, Func<object?, object, long, object?>? apply = null)
    {
        _room = room;
        _apply = apply ?? ((state, _, _) => state);
        room.Attach(this);
    }

    public List<object> Events { get; } = [];

    public override RoomId Id => RoomId.Parse("test/1");

    public override IReadOnlyCollection<Member> Members => [];

    public override long Seq => Events.Count;

    public override DateTimeOffset Now => DateTimeOffset.UnixEpoch;

    public override TimeProvider Clock => TimeProvider.System;

    public override Random Random => new(1);

    public override string CommandNames => "";

    public override IReadOnlyCollection<string> AlarmNames => [];

    public static Member User(string user) => new(user + "-member", user, null, null);

    public static T Data<T>(string json) => JsonSerializer.Deserialize<T>(json, JsonSerializerOptions.Web)!;

    public override void Emit(object roomEvent)
    {
        Events.Add(roomEvent);
        _room.StateObject = _apply(_room.StateObject, roomEvent, Seq);
    }

    public override void Send(Member to, string name, object? data) => throw new NotSupportedException();

    public override void Broadcast(string name, object? data, Member? but) => throw new NotSupportedException();

    public override void RunOutside(Func<CancellationToken, Task<object>> work) => throw new NotSupportedException();

    public override void SetAlarm(string name, DateTimeOffset at) => throw new NotSupportedException();

    public override bool CancelAlarm(string name) => throw new NotSupportedException();
}
