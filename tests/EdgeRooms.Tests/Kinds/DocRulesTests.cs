using EdgeRooms.Kinds;

namespace EdgeRooms.Tests.Kinds;

public sealed class DocRulesTests
{
    // RFC 7396, appendix A, its cases with an object as target and patch.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    // The same with the table's non-object targets one level down.
    [InlineData("""{"x":["a","b"]}""", """{"x":["c","d"]}""", """{"x":["c","d"]}""")]
    [InlineData("""{"x":{"a":"b"}}""", """{"x":["c"]}""", """{"x":["c"]}""")]
    [InlineData("""{"x":{"a":"foo"}}""", """{"x":null}""", "{}")]
    [InlineData("""{"x":[1,2]}""", """{"x":{"a":"b","c":null}}""", """{"x":{"a":"b"}}""")]
    // Nulls inside arrays stay; of members with one name the last counts.
    [InlineData("{}", """{"a":[null,{"b":null}]}""", """{"a":[null,{"b":null}]}""")]
    [InlineData("{}", """{"a":{"x":1},"a":{"y":1}}""", """{"a":{"y":1}}""")]
    public void Patches_merge_as_RFC_7396_says(string document, string patch, string expected) =>
        Docs.AssertEqual(expected, Docs.State(document).Patch(patch));

    [Theory]
    [InlineData("[\"c\"]")]
    [InlineData("null")]
    [InlineData("\"bar\"")]
    public void A_patch_that_is_no_object_is_refused(string patch)
    {
        Assert.NotNull(DocRules.Patch(DocState.Empty, Docs.Json(patch)).Refusal);
        Assert.NotNull(DocRules.Patch(DocState.Empty, default).Refusal);
    }

    // RFC 6901, section 5.
    [Theory]
    [InlineData("/foo", """{"foo":9,"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}""")]
    [InlineData("/foo/0", """{"foo":[9,"baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}""")]
    [InlineData("/", """{"foo":["bar","baz"],"":9,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}""")]
    [InlineData("/a~1b", """{"foo":["bar","baz"],"":0,"a/b":9,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}""")]
    [InlineData("/c%d", """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":9,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}""")]
    [InlineData("/e^f", """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":9,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}""")]
    [InlineData("/i\\j", """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":9,"k\"l":6," ":7,"m~n":8}""")]
    [InlineData("/k\"l", """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":9," ":7,"m~n":8}""")]
    [InlineData("/ ", """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":9,"m~n":8}""")]
    [InlineData("/m~0n", """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":9}""")]
    public void Paths_are_read_as_RFC_6901_says(string path, string expected)
    {
        const string Example =
            """{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}""";

        Docs.AssertEqual(expected, Docs.State(Example).Set(path, "9"));
    }

    [Theory]
    [InlineData("{}", "/a/b/c", "1", """{"a":{"b":{"c":1}}}""")]
    [InlineData("{}", "/a/0/-", "1", """{"a":{"0":{"-":1}}}""")]
    [InlineData("""{"l":[]}""", "/l/-", "1", """{"l":[1]}""")]
    [InlineData("""{"l":[1]}""", "/l/1", "2", """{"l":[1,2]}""")]
    [InlineData("""{"l":[1]}""", "/l/-/a", "2", """{"l":[1,{"a":2}]}""")]
    [InlineData("""{"l":[[1],[2]]}""", "/l/1/0", "null", """{"l":[[1],[null]]}""")]
    [InlineData("""{"a":1}""", "", """{"b":2}""", """{"b":2}""")]
    [InlineData("""{"a":{"x":1}}""", "/a", "null", """{"a":null}""")]
    public void Set_makes_missing_objects_and_appends_to_arrays(string document, string path, string value, string expected) =>
        Docs.AssertEqual(expected, Docs.State(document).Set(path, value));

    [Theory]
    [InlineData("a")]
    [InlineData("/~")]
    [InlineData("/a~2")]
    [InlineData("/l/3")]
    [InlineData("/l/01")]
    [InlineData("/l/-1")]
    [InlineData("/l/+1")]
    [InlineData("/l/ 1")]
    [InlineData("/l/x")]
    [InlineData("/l/")]
    [InlineData("/l/99999999999")]
    [InlineData("/s/a")]
    [InlineData("/n/a")]
    [InlineData("/l/0/a")]
    [InlineData("")]
    public void A_path_that_leads_nowhere_is_refused(string path) =>
        Assert.NotNull(Docs.State("""{"l":[1,2],"s":"x","n":null}""").SetRefusal(path));

    [Fact]
    public void A_missing_path_or_value_is_refused()
    {
        Assert.NotNull(DocRules.Set(DocState.Empty, null, Docs.Json("1"), null).Refusal);
        Assert.NotNull(DocRules.Set(DocState.Empty, "/a", default, null).Refusal);
    }

    [Fact]
    public void A_document_is_at_most_60_levels_deep()
    {
        string sixty = string.Concat(Enumerable.Repeat("{\"a\":", 60)) + "1" + new string('}', 60);
        string path = string.Concat(Enumerable.Repeat("/a", 60));

        Assert.Null(DocRules.Patch(DocState.Empty, Docs.Json(sixty)).Refusal);
        Assert.NotNull(DocRules.Patch(DocState.Empty, Docs.Json($$"""{"a":{{sixty}}}""")).Refusal);
        Assert.Null(DocState.Empty.SetRefusal(path));
        Assert.NotNull(DocState.Empty.SetRefusal(path, "[]"));
        Assert.NotNull(DocState.Empty.SetRefusal(path + "/a"));
    }

    [Fact]
    public void A_document_is_at_most_8_MiB_and_may_always_shrink()
    {
        string half = $"\"{new string('x', 5 * 1024 * 1024)}\"";
        var state = Docs.State($$"""{"a":{{half}}}""");

        Assert.Contains("8 MiB", state.SetRefusal("/b", half), StringComparison.Ordinal);
        Assert.Contains("8 MiB", DocRules.Patch(state, Docs.Json($$"""{"b":{{half}}}""")).Refusal, StringComparison.Ordinal);
        Assert.Null(state.SetRefusal("/a", half));
        Assert.Null(Docs.State($$"""{"a":{{half}},"b":{{half}}}""").SetRefusal("/c/d", "1") is null ? "grew" : null);
        Assert.Null(DocRules.Patch(Docs.State($$"""{"a":{{half}},"b":{{half}},"c":1}"""), Docs.Json("""{"c":null}""")).Refusal);
    }
}
