using System.Text.Json;
using System.Text.Json.Nodes;

using EdgeRooms.Kinds;

namespace EdgeRooms.Tests.Kinds;

/// <summary>Short ways to documents and their JSON.</summary>
static class Docs
{
    public static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    public static DocState State(string document) => new(DocObject.FromObject(Json(document)), ChangeTrie.None);

    public static string Text(this DocState state) => JsonSerializer.Serialize(state.Document);

    public static void AssertEqual(string expected, DocState actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual.Text())), $"Expected {expected}, got {actual.Text()}");

    public static DocState Patch(this DocState state, string patch, long seq = 1) =>
        state.Apply(DocRules.Patch(state, Json(patch)) is { Event: { } e } ? e : throw new InvalidOperationException("refused"), seq);

    public static DocState Set(this DocState state, string path, string value, long seq = 1)
    {
        var decision = DocRules.Set(state, path, Json(value), null);
        return state.Apply(decision.Event ?? throw new InvalidOperationException(decision.Refusal), seq);
    }

    public static string? SetRefusal(this DocState state, string path, string value = "1", long? ifSeq = null) =>
        DocRules.Set(state, path, Json(value), ifSeq).Refusal;
}
