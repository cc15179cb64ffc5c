using System.Text.Json;
using System.Text.Json.Nodes;

using CsCheck;

using EdgeRooms.Kinds;

namespace EdgeRooms.Tests.Kinds;

/// <summary>Random commands against a naive model of mutable nodes and a list of all changes. CsCheck prints the seed; CsCheck_Seed replays it.</summary>
public sealed class DocModelTests
{
    static readonly Gen<string> Names = Gen.OneOf("a", "b", "c", "0", "1", "-", "x/y", "~");

    static readonly Gen<string> Values = Gen.Recursive<string>((depth, inner) => depth > 3
        ? Gen.OneOf("null", "1", "\"s\"", "true")
        : Gen.Frequency(
            (3, Gen.OneOf("null", "1", "2.50", "\"s\"", "false", "{}", "[]")),
            (3, Objects(inner)),
            (2, inner.Array[0, 3].Select(items => $"[{string.Join(',', items)}]"))));

    static readonly Gen<(bool IsPatch, string[] Path, string Value)> Commands = Gen.Select(Gen.Bool, Names.Array[0, 4], Values);

    [Fact]
    public void The_tree_is_what_a_naive_model_is() => Commands.Array[1, 30].Sample(commands =>
    {
        var state = DocState.Empty;
        var model = new NaiveDoc();
        long seq = 0;
        foreach (var (isPatch, path, value) in commands)
        {
            if (isPatch)
            {
                var decision = DocRules.Patch(state, Docs.Json(value));
                if (decision.Event is { } patched)
                {
                    state = state.Apply(patched, ++seq);
                    model.Patch(value, seq);
                }

                Assert.Equal(value[0] == '{', decision.Event is not null);
            }
            else
            {
                var decision = DocRules.Set(state, Pointer(path), Docs.Json(value), null);
                bool modelSets = model.TrySet(path, value, seq + 1);
                Assert.True(modelSets == decision.Event is not null, $"{Pointer(path)} = {value} in {state.Text()}: {decision.Refusal}");
                state = decision.Event is { } set ? state.Apply(set, ++seq) : state;
            }

            Assert.True(JsonNode.DeepEquals(model.Document, JsonNode.Parse(state.Text())), $"{model.Document.ToJsonString()} but {state.Text()}");
            Assert.Equal(DocObject.FromObject(Docs.Json(state.Text())).Bytes, state.Document.Bytes);
        }

        var read = JsonSerializer.Deserialize<DocState>(JsonSerializer.Serialize(state))!;
        foreach (var (_, path, _) in commands)
        {
            Assert.Equal(model.LastOf(path), state.Changes.LastOf(path));
            Assert.Equal(model.LastOf(path), read.Changes.LastOf(path));
        }
    }, iter: 3000);

    static Gen<string> Objects(Gen<string> values) => Gen.Select(Names, values).Array[0, 3].Select(members =>
        $"{{{string.Join(',', members.DistinctBy(m => m.Item1).Select(m => $"\"{m.Item1}\":{m.Item2}"))}}}");

    static string Pointer(string[] path) => string.Concat(path.Select(
        t => "/" + t.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)));
}
