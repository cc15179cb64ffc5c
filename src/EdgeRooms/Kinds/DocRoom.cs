using System.Text.Json;

namespace EdgeRooms.Kinds;

/// <summary>Event <c>patched</c> of the kind <c>doc</c>: a JSON Merge Patch (RFC 7396) was applied to the document.</summary>
/// <param name="Patch">The patch, an object.</param>
public sealed record Patched(JsonElement Patch);

/// <summary>Event <c>set</c> of the kind <c>doc</c>: one value was set, missing object parents made.</summary>
/// <param name="Path">JSON Pointer (RFC 6901) as the client gave it; <c>-</c> appends to an array.</param>
/// <param name="Value">The new value.</param>
public sealed record Set(string Path, JsonElement Value);

/// <summary>Data of <c>patch</c>.</summary>
/// <param name="Patch">JSON Merge Patch, an object.</param>
sealed record PatchRequest(JsonElement Patch);

/// <summary>Data of <c>set</c>.</summary>
/// <param name="Path">JSON Pointer; empty for the whole document.</param>
/// <param name="Value">The new value; <c>null</c> is a value.</param>
/// <param name="IfSeq">Refuse where anything at, above or under the path was changed after this seq.</param>
sealed record SetRequest(string? Path, JsonElement Value, long? IfSeq = null);

/// <summary>
/// The kind <c>doc</c>: a shared JSON object, changed by <c>patch</c> and <c>set</c>. At most 8 MiB and 60 levels. <c>set</c> makes missing
/// objects on its way; <c>ifSeq</c> makes it lose against a change that its sender had not seen.
/// </summary>
sealed class DocRoom : Room<DocState>
{
    /// <inheritdoc/>
    protected override DocState Initial => DocState.Empty;

    /// <summary>Applies a merge patch.</summary>
    [Command]
    public void Patch(Member by, PatchRequest data) => Decide(DocRules.Patch(State, data.Patch));

    /// <summary>Sets one value.</summary>
    [Command]
    public void Set(Member by, SetRequest data) => Decide(DocRules.Set(State, data.Path, data.Value, data.IfSeq));

    /// <summary>Folds <c>patched</c>.</summary>
    public static DocState Apply(DocState state, Patched patched, EventInfo info) => state.Apply(patched, info.Seq);

    /// <summary>Folds <c>set</c>.</summary>
    public static DocState Apply(DocState state, Set set, EventInfo info) => state.Apply(set, info.Seq);

    /// <inheritdoc/>
    protected internal override object? View(Member member) => State.Document;

    void Decide<TEvent>(Decision<TEvent> decision)
        where TEvent : class => Emit(decision.Event ?? throw Reject(decision.Refusal!)); // One of the two is there.
}
