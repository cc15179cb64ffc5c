using System.Text;
using System.Text.Json;

using EdgeRooms.Kinds;

namespace EdgeRooms.Tests.Kinds;

public sealed class DocStateTests
{
    [Fact]
    public void A_snapshot_holds_the_document_and_its_changes()
    {
        var state = DocState.Empty.Set("", """{"l":[1.50,"é",{"x":null}],"b":true}""", 2).Set("/l/2/x", "5", 3).Set("/q~1r/s", "\"t\"", 4).Patch("""{"b":null}""", 5);

        string json = JsonSerializer.Serialize(state, JsonSerializerOptions.Web);
        var read = JsonSerializer.Deserialize<DocState>(json, JsonSerializerOptions.Web)!;

        Assert.Equal(json, JsonSerializer.Serialize(read, JsonSerializerOptions.Web));
        Assert.Equal("""{"l":[1.50,"é",{"x":5}],"q/r":{"s":"t"}}""", read.Text());
        foreach (string[] path in new string[][] { [], ["l"], ["l", "2"], ["l", "2", "x"], ["l", "0"], ["q/r", "s"], ["q/r"], ["b"], ["none"] })
        {
            Assert.Equal(state.Changes.LastOf(path), read.Changes.LastOf(path));
        }
    }

    [Fact]
    public void The_deepest_document_passes_default_readers_and_writers()
    {
        string path = string.Concat(Enumerable.Repeat("/a", DocRules.DepthMax));
        var state = DocState.Empty.Set(path, "1", 1);

        string json = JsonSerializer.Serialize(new { Type = "snapshot", State = state }, JsonSerializerOptions.Web);

        Assert.Equal(1, JsonDocument.Parse(json).RootElement.GetProperty("state").Deserialize<DocState>(JsonSerializerOptions.Web)!.Changes.LastOf(["a"]));
    }

    [Fact]
    public void An_event_that_today_would_be_refused_is_still_folded()
    {
        string deep = string.Concat(Enumerable.Repeat("{\"a\":", 63)) + "1" + new string('}', 63);

        var patched = DocState.Empty.Apply(new Patched(Docs.Json(deep)), 1);
        var unknown = patched.Apply(new Set("/a/a/a/-/x", Docs.Json("1")), 2).Apply(new Set("no pointer", Docs.Json("1")), 3);

        Assert.StartsWith("""{"a":{"a":{"a":{""", unknown.Text(), StringComparison.Ordinal);
    }

    // HARD-CASES 25: `doc` must not copy its state per patch.
    [Fact]
    public void Changing_a_document_of_1_MB_allocates_little()
    {
        var members = Enumerable.Range(0, 1000).ToDictionary(i => $"key{i}", i => Enumerable.Range(0, 20).ToDictionary(j => $"inner{j}", _ => new string('v', 40)));
        var state = Docs.State(JsonSerializer.Serialize(members)).Set("/list", JsonSerializer.Serialize(Enumerable.Range(0, 1000)));
        Assert.True(state.Document.Bytes > 1_000_000);
        var patch = Docs.Json("""{"key500":{"inner7":"new","inner8":null}}""");
        var value = Docs.Json("7");
        Change(state, patch, value);

        long before = GC.GetAllocatedBytesForCurrentThread();
        var changed = Change(state, patch, value);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 1, 40_000);
        Assert.Same(state.Document.Find("key501"), changed.Document.Find("key501"));
        Assert.Same(((DocObject)state.Document.Find("key500")!).Find("inner9"), ((DocObject)changed.Document.Find("key500")!).Find("inner9"));
    }

    [Fact]
    public void The_room_is_a_thin_shell_around_the_rules()
    {
        var room = new DocRoom();
        var turn = new RoomTurn(room, (state, e, seq) => e switch
        {
            Patched patched => DocRoom.Apply((DocState)state!, patched, new EventInfo(seq, default, "alice")),
            Set set => DocRoom.Apply((DocState)state!, set, new EventInfo(seq, default, "alice")),
            _ => state,
        });
        var alice = RoomTurn.User("alice");

        room.Patch(alice, RoomTurn.Data<PatchRequest>("""{"patch":{"title":"a"}}"""));
        room.Set(alice, RoomTurn.Data<SetRequest>("""{"path":"/list","value":null,"ifSeq":1}"""));

        Assert.Equal("""{"path":"/list","value":null}""", JsonSerializer.Serialize(turn.Events[1], JsonSerializerOptions.Web));
        Assert.Equal("""{"list":null,"title":"a"}""", JsonSerializer.Serialize(room.View(alice), room.View(alice)!.GetType(), JsonSerializerOptions.Web));
        Assert.Throws<RejectedException>(() => room.Set(alice, RoomTurn.Data<SetRequest>("""{"path":"/title","value":1,"ifSeq":0}""")));
        Assert.Throws<RejectedException>(() => room.Set(alice, RoomTurn.Data<SetRequest>("""{"path":"/title"}""")));
        Assert.Throws<RejectedException>(() => room.Patch(alice, RoomTurn.Data<PatchRequest>("{}")));
    }

    static DocState Change(DocState state, JsonElement patch, JsonElement value) =>
        state.Apply(DocRules.Patch(state, patch).Event!, 5).Apply(DocRules.Set(state, "/list/500", value, null).Event!, 6);
}
