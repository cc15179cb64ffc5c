using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A frame's fields in few words; a field that is not there is null, 0 or false.</summary>
static class Frames
{
    public static string? Text(this JsonElement frame, string field) =>
        frame.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static long Number(this JsonElement frame, string field) =>
        frame.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : 0;

    public static bool Flag(this JsonElement frame, string field) =>
        frame.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>Code and retry of an <c>error</c> frame; of any other frame its type and false.</summary>
    public static (string? Code, bool Retry) Refusal(this JsonElement frame) =>
        frame.Text("type") == "error" ? (frame.Text("code"), frame.Flag("retry")) : (frame.Text("type"), false);
}
