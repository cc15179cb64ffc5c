using System.Text.Json;

namespace EdgeRooms.Kinds;

/// <summary>What a <see cref="DocRoom"/> accepts: each rule returns the event, or the sentence of its refusal. Pure.</summary>
static class DocRules
{
    /// <summary>
    /// Nested objects and arrays of a document. JSON readers stop at 64 by default; the frame, the state and the snapshot around the
    /// document need the rest.
    /// </summary>
    public const int DepthMax = 60;

    public const int BytesMax = 8 * 1024 * 1024;

    public static Decision<Patched> Patch(DocState state, JsonElement patch)
    {
        if (patch.ValueKind != JsonValueKind.Object)
        {
            return "The document is an object and stays one: patch must be an object too.";
        }

        if (DocNode.DepthOf(patch) > DepthMax)
        {
            return TooDeep;
        }

        var patched = new Patched(patch);
        return IsTooBig(state, state.Document.Merge(DocObject.FromObject(patch))) ? TooBig : patched;
    }

    public static Decision<Set> Set(DocState state, string? pointer, JsonElement value, long? ifSeq)
    {
        if (pointer is null || value.ValueKind == JsonValueKind.Undefined)
        {
            return "Give path and value.";
        }

        if (!DocPath.TryParse(pointer, out string[] path))
        {
            return "path is no JSON Pointer: it is empty or begins with '/', and '~' stands only in '~0' and '~1'.";
        }

        if (path.Length == 0 && value.ValueKind != JsonValueKind.Object)
        {
            return "The document is an object and stays one: with path \"\" the value must be an object.";
        }

        if (path.Length + DocNode.DepthOf(value) > DepthMax)
        {
            return TooDeep;
        }

        if (DocPath.Resolve(state.Document, path) is { } refusal)
        {
            return refusal;
        }

        if (ifSeq is { } seen && state.Changes.LastOf(path) is var last && seen < last)
        {
            return $"What is there was changed up to seq {last}, after ifSeq {seen}. Read it again and decide anew.";
        }

        return IsTooBig(state, DocPath.Set(state.Document, path, DocNode.From(value))) ? TooBig : new Set(pointer, value);
    }

    static string TooDeep => $"The document would be nested deeper than {DepthMax} objects and arrays.";

    static string TooBig => $"The document would be larger than {BytesMax / 1024 / 1024} MiB. Remove something first.";

    /// <summary>A document that is too big already, by a lower limit than it was made under, may still shrink.</summary>
    static bool IsTooBig(DocState state, DocNode next) => next.Bytes > BytesMax && next.Bytes > state.Document.Bytes;
}

/// <summary>An event, or the sentence of the refusal.</summary>
readonly record struct Decision<TEvent>(TEvent? Event, string? Refusal)
    where TEvent : class
{
    public static implicit operator Decision<TEvent>(TEvent accepted) => new(accepted, null);

    public static implicit operator Decision<TEvent>(string refusal) => new(null, refusal);
}
