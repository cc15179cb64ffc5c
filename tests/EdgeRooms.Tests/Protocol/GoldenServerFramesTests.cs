using System.Text;
using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

namespace EdgeRooms.Tests.Protocol;

public sealed class GoldenServerFramesTests
{
    static readonly RoomId Counter = RoomId.Parse("counter/demo");
    static readonly RoomId Chat = RoomId.Parse("chat/lobby");
    static readonly RoomId Board = RoomId.Parse("whiteboard/a");
    static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1767225600123);
    static readonly MemberInfo Alice = MemberOf("m-alice", "alice", """{"color":"red"}""");
    static readonly MemberInfo Bob = MemberOf("m-bob", "bob", null);

    static readonly Dictionary<string, Func<ReadOnlyMemory<byte>>> Makers = new()
    {
        ["welcome"] = () => ServerFrame.Welcome(
            "c2Vzc2lvbi1rZXktMDEyMzQ1.c2lnbmF0dXJl", "node-a-17", "alice", "node-a", new LimitOptions(), DateTimeOffset.FromUnixTimeSeconds(1767229200)),
        ["joined"] = () => Joined(1, Counter, 1, 41, false, Alice, """{"value":7}""", Alice, Bob),
        ["joined-recovered"] = () => Joined(2, Counter, 1, 41, true, Alice, "", Alice, Bob),
        ["joined-no-state"] = () => Joined(null, Chat, 1, 0, false, Alice, "", MemberOf("m-alice", "alice", null)),
        ["joined-later-epoch"] = () => Joined(3, RoomId.Parse("doc/plan"), 2, 1, false, Bob, "{}", Bob),
        ["event"] = () => Event(Counter, 42, "added", """{"by":3}""", "alice", "m-alice", 5),
        ["event-without-cmd"] = () => Event(Chat, 1, "say", "\"hi\"", "bob", "m-bob", null),
        ["event-over-http"] = () => Event(Chat, 2, "say", """["a",1,true,null]""", "carol", null, null),
        ["event-by-room"] = () => Event(Counter, 43, "added", """{"by":1}""", null, null, null),
        ["event-no-data"] = () => Event(Chat, 3, "wave", "", "alice", "m-alice", 6),
        ["event-unicode"] = () => Event(Chat, 4, "say", """{"text": "hé 🎲", "n":1.50}""", """Zoë "Z" \ <z>""", "m-zoe", 1),
        ["ack"] = () => Ack(5, new AckReply(5, 42)),
        ["ack-result"] = () => Ack(5, new AckReply(5, 42, Result: Utf8("""{"value":10}"""))),
        ["ack-without-cmd"] = () => Ack(9, new AckReply(null, 44)),
        ["ack-dup"] = () => Ack(6, new AckReply(5, 42, Dup: true, Result: Utf8("""{"value":10}"""))),
        ["ack-dup-refused"] = () => Ack(7, new AckReply(4, 42, Dup: true, Refused: true)),
        ["ack-skipped"] = () => Ack(8, new AckReply(6, 42, Skipped: true)),
        ["ack-no-id"] = () => Ack(null, new AckReply(7, 45)),
        ["error-bad-frame"] = () => Error(3, null, null, ErrorCode.BadFrame, "A send has a 'name' of 1 to 128 characters."),
        ["error-unknown-type"] = () => Error(3, null, null, ErrorCode.UnknownType, "There is no frame of this type; see PROTOCOL.md."),
        ["error-too-large"] = () => Error(null, null, null, ErrorCode.TooLarge, "A message has at most 65536 bytes."),
        ["error-invalid-room"] = () => Error(
            3, null, null, ErrorCode.InvalidRoom, "A room is kind/name: kind of a-z, 0-9 and -, name of letters, digits, _ and -."),
        ["error-unauthenticated"] = () => Error(
            null, null, null, ErrorCode.Unauthenticated, "Invalid token: bring a JWT by Authorization, subprotocol, ?token= or hello."),
        ["error-forbidden"] = () => Error(3, Counter, null, ErrorCode.Forbidden, "The token does not grant 'send' in counter/demo."),
        ["error-unknown-kind"] = () => Error(3, RoomId.Parse("chess/1"), null, ErrorCode.UnknownKind, "There is no kind 'chess' here."),
        ["error-not-joined"] = () => Error(3, Counter, 5, ErrorCode.NotJoined, "Join counter/demo first."),
        ["error-rejected"] = () => Error(3, Counter, 5, ErrorCode.Rejected, "Adding nothing changes nothing."),
        ["error-rate-limited"] = () => Error(3, Counter, 5, ErrorCode.RateLimited, "At most 100 commands a second; wait.", true, 10),
        ["error-over-limit"] = () => Error(3, Counter, null, ErrorCode.OverLimit, "A connection has at most 100 rooms; leave one first."),
        ["error-room-full"] = () => Error(3, Counter, null, ErrorCode.RoomFull, "counter/demo is full: 2 members at most."),
        ["error-out-of-order"] = () => Error(4, Counter, 6, ErrorCode.OutOfOrder, "Send cmd 5 again first, or skip it.", true),
        ["error-overloaded"] = () => Error(
            3, Counter, 5, ErrorCode.Overloaded, "256 commands of this session are unanswered here; wait for acks.", true, 250),
        ["error-unavailable"] = () => Error(3, Counter, 5, ErrorCode.Unavailable, "The room's store did not answer in time; send again.", true, 500),
        ["error-unavailable-unknown-outcome"] = () => Error(
            9, Counter, null, ErrorCode.Unavailable, "Outcome unknown: the command may have happened or not."),
        ["error-gone"] = () => Error(
            null, null, null, ErrorCode.Gone, "That session is unknown, not yours, or over 30 days old; here is a new one."),
        ["error-internal"] = () => Error(3, Counter, 5, ErrorCode.Internal, "The room failed over 'add'; nothing of it happened."),
        ["ephemeral"] = () => ServerFrame.Ephemeral(new(), Board, "cursor", """{"x":1,"y":2}"""u8, "alice", "m-alice"),
        ["ephemeral-by-room"] = () => ServerFrame.Ephemeral(new(), Board, "tick", default, null, null),
        ["members-joined"] = () => ServerFrame.Members(Counter, new(MemberChangeKind.Joined, Bob)),
        ["members-left"] = () => ServerFrame.Members(
            Counter, new(MemberChangeKind.Left, MemberOf("m-bob", "bob", """{"color":"blue"}"""))),
        ["members-updated"] = () => ServerFrame.Members(
            Counter, new(MemberChangeKind.Updated, MemberOf("m-bob", "bob", """{"color":"green"}"""))),
        ["members-all"] = () => ServerFrame.AllMembers(Counter, [Alice, Bob]),
        ["head"] = () => ServerFrame.HeadOf(Counter, 45),
        ["page"] = () => ServerFrame.Page(10, Counter, [
            Event(Counter, 1, "added", """{"by":1}""", "alice", "m-alice", 1),
            ServerFrame.Event(new(), Counter, 2, "added", """{"by":2}"""u8, "bob", "m-bob", 1, At.AddMilliseconds(1)),
        ], true),
        ["page-empty"] = () => ServerFrame.Page(11, Counter, [], false),
        ["reset-epoch"] = () => ServerFrame.Reset(Counter, 2, 3, "epoch", """{"value":0}"""u8),
        ["reset-trimmed"] = () => ServerFrame.Reset(Chat, 1, 90_000, "trimmed", default),
        ["goaway-drain"] = () => ServerFrame.GoAway("drain", 0, 5000),
        ["goaway-overload"] = () => ServerFrame.GoAway("overload", 1000, 30_000),
        ["left"] = () => ServerFrame.Left(12, Counter),
        ["left-removed"] = () => ServerFrame.Left(null, Counter),
        ["authed"] = () => ServerFrame.Authed(13, DateTimeOffset.FromUnixTimeMilliseconds(1767232800000)),
        ["pong"] = () => ServerFrame.Pong(null),
        ["pong-id"] = () => ServerFrame.Pong(14),
    };

    public static IEnumerable<TheoryDataRow<string>> Files => GoldenFrame.Names("server");

    [Theory]
    [MemberData(nameof(Files))]
    public void A_server_frame_is_the_golden_text(string file)
    {
        var golden = GoldenFrame.Of("server", file);
        Assert.True(Makers.TryGetValue(file, out var make), $"tests/Golden/server/{file}.json has no line in {nameof(Makers)}: add one.");

        string text = Encoding.UTF8.GetString(make!().Span);

        Assert.Equal(golden.Text, text);
        Assert.True(golden.Says(text), "'frame' is not what 'text' says.");
        Assert.DoesNotContain('\n', text);
    }

    [Fact]
    public void Every_line_of_the_table_has_its_file() =>
        Assert.Equal(Makers.Keys.Order(StringComparer.Ordinal), GoldenFrame.All("server").Select(f => f.File));

    [Fact]
    public void Every_error_code_has_a_frame()
    {
        var told = GoldenFrame.All("server").Where(f => f.Frame!.Value.TryGetProperty("code", out _))
            .Select(f => f.Frame!.Value.GetProperty("code").GetString()!).ToHashSet();

        Assert.Equal(
            typeof(ErrorCode).GetFields().Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal),
            told.Order(StringComparer.Ordinal));
    }

    static ReadOnlyMemory<byte> Utf8(string text) => Encoding.UTF8.GetBytes(text);

    static MemberInfo MemberOf(string id, string user, string? data) => new(id, user, data is null ? null : JsonElement.Parse(data));

    static ReadOnlyMemory<byte> Event(RoomId room, long seq, string name, string data, string? user, string? member, long? cmd) =>
        ServerFrame.Event(new(), room, seq, name, Utf8(data).Span, user, member, cmd, At);

    static ReadOnlyMemory<byte> Joined(
        long? id, RoomId room, long epoch, long seq, bool recovered, MemberInfo member, string state, params MemberInfo[] members) =>
        ServerFrame.Joined(id, room, new JoinedReply(
            epoch, seq, recovered, member.Id, Utf8(state), ServerFrame.MemberList(new(), members), seq + 1, null));

    static ReadOnlyMemory<byte> Ack(long? id, AckReply reply) => ServerFrame.Ack(new(), id, Counter, reply);

    static ReadOnlyMemory<byte> Error(
        long? id, RoomId? room, long? cmd, string code, string message, bool retry = false, int? retryAfterMs = null) =>
        ServerFrame.Error(id, room, cmd, new RoomError(code, message, retry, retryAfterMs));
}
