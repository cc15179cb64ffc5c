using System.Text.Json;
using System.Text.Json.Nodes;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>Frames of the server, and how frames are looked at.</summary>
static class Wire
{
    public const string Room = "chat/lobby";

    public static string Welcome(object? more = null) => Merge(new
    {
        type = "welcome",
        session = "s1",
        connection = "c",
        user = "ada",
        node = "n",
        pingMs = 25_000,
        maxFrameBytes = 65_536,
        commandsPerSecond = 10_000,
        commandBurst = 10_000,
        expiresAt = Setup.Begin.AddHours(1).ToUnixTimeMilliseconds(),
    }, more).ToJsonString();

    public static string Joined(string room, object? more = null) => Merge(new
    {
        type = "joined",
        room,
        epoch = "1",
        seq = 0,
        recovered = false,
        member = "m1",
        members = new[] { new { member = "m1", user = "ada", data = (object?)null } },
    }, more).ToJsonString();

    public static string Event(long seq, object? more = null) =>
        Merge(new { type = "event", room = Room, seq, name = "message", data = new { n = seq }, by = "bob", member = "m2", at = 5 }, more).ToJsonString();

    public static string Ack(JsonElement of, long seq, object? more = null) =>
        Merge(new { type = "ack", id = of.Number("id"), room = of.Text("room"), cmd = of.Number("cmd"), seq }, more).ToJsonString();

    public static string Refusal(JsonElement of, string code, bool retry, object? more = null) =>
        Merge(new { type = "error", id = of.Number("id"), room = of.Text("room"), cmd = of.Number("cmd"), code, message = "No.", retry }, more).ToJsonString();

    public static JsonObject Merge(object frame, object? more)
    {
        var merged = ToObject(frame);
        foreach (var (name, value) in more is null ? [] : ToObject(more))
        {
            merged[name] = value?.DeepClone();
        }

        return merged;
    }

    public static string? Text(this JsonElement frame, string name) =>
        frame.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static long? Number(this JsonElement frame, string name) =>
        frame.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    public static IEnumerable<long?> Cmds(this IEnumerable<JsonElement> frames) => frames.Select(f => f.Number("cmd"));

    static JsonObject ToObject(object frame) => frame as JsonObject ?? JsonSerializer.SerializeToNode(frame)!.AsObject(); // objects are given
}
