using System.Buffers;
using System.Text.Json;
using EdgeRooms.Events;
using EdgeRooms.Kinds;

namespace EdgeRooms.Rooms;

/// <summary>
/// The engine's own part of a snapshot, frozen stored format version 1 (HARD-CASES 7, 26): dedupe, idempotency keys, recorded members.
/// Unknown fields of a newer writer are skipped; an unknown version refuses to load.
/// </summary>
static class SnapshotCodec
{
    public const int Version = 1;

    public static StoredSnapshot Write(RoomMemory memory) => new(
        memory.Id,
        memory.Activation.Epoch,
        memory.Version,
        WriteEngine(memory),
        memory.Kind.Options.StateVersion,
        memory.Kind.StateType is { } type ? JsonSerializer.SerializeToUtf8Bytes(memory.State, type, RoomKind.StoredJson) : default);

    /// <summary>The same state as the start of the next epoch, whose sessions begin anew (HARD-CASES 16).</summary>
    public static StoredSnapshot WriteForNextEpoch(RoomMemory memory) => Write(memory) with
    {
        Epoch = memory.Activation.Epoch + 1,
        Engine = JsonSerializer.SerializeToUtf8Bytes(new Engine(Version, 0, [], [], MembersOf(memory)), RoomKind.StoredJson),
    };

    public static void Read(StoredSnapshot snapshot, RoomMemory memory)
    {
        var engine = JsonSerializer.Deserialize<Engine>(snapshot.Engine.Span, RoomKind.StoredJson)
            ?? throw new JsonException("The engine's part of the snapshot is null.");
        if (engine.V != Version)
        {
            throw new InvalidOperationException($"The snapshot's engine version {engine.V} is newer than this server reads ({Version}).");
        }

        memory.Sessions.RestoreWatermark(engine.WatermarkMs);
        foreach (var s in engine.Sessions)
        {
            memory.Sessions.Restore(s.Id, s.Top, EffectSet.Parse(s.Effects), s.Seq, Raw(s.Result));
        }

        foreach (var k in engine.Keys)
        {
            memory.Keys.Add(k.User, k.Key, new KeyLedger.Entry(k.Hash, k.Seq, DateTimeOffset.FromUnixTimeMilliseconds(k.At), Raw(k.Result)));
        }

        foreach (var m in engine.Members)
        {
            memory.Recorded[m.Session] = new MemberJoined(m.Member, m.User, m.Data);
        }
    }

    static ReadOnlyMemory<byte> WriteEngine(RoomMemory memory)
    {
        var sessions = memory.Sessions.Entries
            .Select(e => new SessionRow(e.Key, e.Value.Top, e.Value.Effects.ToString(), e.Value.Seq, ToRaw(e.Value.Result)));
        var keys = memory.Keys.Entries.Select(e => new KeyRow(
            e.Key.User, e.Key.Key, e.Value.BodyHash, e.Value.Seq, e.Value.At.ToUnixTimeMilliseconds(), ToRaw(e.Value.Result)));
        var engine = new Engine(Version, memory.Sessions.WatermarkMs, [.. sessions], [.. keys], MembersOf(memory));
        return JsonSerializer.SerializeToUtf8Bytes(engine, RoomKind.StoredJson);
    }

    static MemberRow[] MembersOf(RoomMemory memory) =>
        [.. memory.Recorded.Select(r => new MemberRow(r.Value.Member, r.Value.User, r.Key, r.Value.Data))];

    static RawJson? ToRaw(ReadOnlyMemory<byte> json) => json.IsEmpty ? null : new RawJson(json);

    static ReadOnlyMemory<byte> Raw(RawJson? json) => json?.Utf8 ?? default;

    sealed record Engine(int V, long WatermarkMs, SessionRow[] Sessions, KeyRow[] Keys, MemberRow[] Members);

    sealed record SessionRow(string Id, long Top, string Effects, long Seq, RawJson? Result);

    sealed record KeyRow(string User, string Key, string Hash, long Seq, long At, RawJson? Result);

    sealed record MemberRow(string Member, string User, string Session, JsonElement? Data);
}
