using System.Text.Json;

using EdgeRooms.Kinds;

namespace EdgeRooms.Tests.Kinds;

public sealed class DocConflictTests
{
    [Theory]
    [InlineData("/a/b", 6, false)]
    [InlineData("/a/b", 7, true)]
    [InlineData("/a", 6, false)] // under
    [InlineData("/a", 7, true)]
    [InlineData("/a/b/c", 6, false)] // above
    [InlineData("/a/b/c", 7, true)]
    [InlineData("/a/x", 0, true)] // beside
    [InlineData("/z", 0, true)]
    public void IfSeq_loses_against_a_later_change_at_above_or_under_the_path(string path, long ifSeq, bool passes)
    {
        var state = DocState.Empty.Set("/a/b", """{"c":1}""", seq: 7);

        Assert.Equal(passes, state.SetRefusal(path, "1", ifSeq) is null);
    }

    [Fact]
    public void Replacing_the_document_changes_every_path()
    {
        var state = DocState.Empty.Set("/a", "1", seq: 3).Set("", "{}", seq: 4);

        Assert.NotNull(state.SetRefusal("/a", ifSeq: 3));
        Assert.NotNull(state.SetRefusal("/new", ifSeq: 3));
        Assert.Null(state.SetRefusal("/new", ifSeq: 4));
    }

    [Fact]
    public void A_patch_changes_its_leaves_and_what_it_makes_an_object()
    {
        var state = DocState.Empty.Patch("""{"o":{"x":1,"y":1},"s":1}""", seq: 1).Patch("""{"o":{"x":2},"s":{"t":1},"gone":null,"e":{}}""", seq: 2);

        Assert.NotNull(state.SetRefusal("/o/x", ifSeq: 1));
        Assert.Null(state.SetRefusal("/o/y", ifSeq: 1));
        Assert.NotNull(state.SetRefusal("/o", ifSeq: 1));
        Assert.NotNull(state.SetRefusal("/s/other", ifSeq: 1));
        Assert.NotNull(state.SetRefusal("/gone", ifSeq: 1));
        Assert.NotNull(state.SetRefusal("/e/f", ifSeq: 1));
        Assert.Null(state.Patch("""{"o":{}}""", seq: 3).SetRefusal("/o", ifSeq: 2));
    }

    [Fact]
    public void Two_who_append_at_one_index_conflict_and_two_who_append_do_not()
    {
        var state = Docs.State("""{"l":[0]}""").Set("/l/-", "1", seq: 5);

        Assert.NotNull(state.SetRefusal("/l/1", ifSeq: 4));
        Assert.Null(state.SetRefusal("/l/-", ifSeq: 4));
        Assert.Null(state.SetRefusal("/l/0", ifSeq: 4));
    }

    [Fact]
    public void A_full_trie_drops_its_older_half_and_misses_no_conflict()
    {
        var state = DocState.Empty;
        for (int seq = 1; seq <= 30_000; seq++)
        {
            state = state.Set($"/m{seq % 100}/k{seq}", "1", seq);
            Assert.True(state.Changes.Root.Weight <= ChangeTrie.WeightMax);
        }

        for (int seq = 1; seq <= 30_000; seq += 7)
        {
            Assert.True(state.Changes.LastOf([$"m{seq % 100}", $"k{seq}"]) >= seq);
        }

        Assert.Equal(30_000, state.Changes.LastOf(["m0", "k30000"]));
        Assert.Equal(27_000, state.Changes.LastOf(["m0", "k27000"]));
        Assert.InRange(state.Changes.Floor, 1, 26_000);
        Assert.NotNull(state.SetRefusal("/never/changed", ifSeq: state.Changes.Floor - 1));
        Assert.Null(state.SetRefusal("/never/changed", ifSeq: state.Changes.Floor));
    }

    [Fact]
    public void One_patch_of_more_paths_than_the_trie_holds_changes_everything()
    {
        string patch = JsonSerializer.Serialize(Enumerable.Range(0, 20_000).ToDictionary(i => $"k{i}", i => i));

        var state = DocState.Empty.Patch(patch, seq: 9);

        Assert.Equal(0, state.Changes.Root.Weight);
        Assert.NotNull(state.SetRefusal("/other", ifSeq: 8));
        Assert.Null(state.SetRefusal("/other", ifSeq: 9));
    }

    [Fact]
    public void Names_of_paths_that_are_gone_do_not_pile_up()
    {
        var state = DocState.Empty;
        for (int seq = 1; seq <= 200; seq++)
        {
            string name = seq + new string('n', 60_000);
            state = state.Patch($$"""{"{{name}}":1}""", seq).Patch($$"""{"{{name}}":null}""", seq);
        }

        Assert.InRange(JsonSerializer.Serialize(state).Length, 0, 700_000);
    }
}
