using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRooms.Kinds;

/// <summary>A <see cref="DocRoom"/>'s document and when each of its paths was last changed. As JSON: <c>{"doc":…,"changes":…}</c>.</summary>
[JsonConverter(typeof(DocStateConverter))]
sealed class DocState
{
    internal static readonly DocState Empty = new(DocObject.Empty, ChangeTrie.None);

    internal DocState(DocObject document, ChangeTrie changes)
    {
        Document = document;
        Changes = changes;
    }

    internal DocObject Document { get; }

    internal ChangeTrie Changes { get; }

    /// <summary>Folds an event that <see cref="DocRules"/> accepted. Never throws for one: limits of today do not judge the past.</summary>
    internal DocState Apply(Patched patched, long seq)
    {
        var patch = DocObject.FromObject(patched.Patch);
        return new DocState(Document.Merge(patch), Changes.Merged(Document, patch, seq));
    }

    /// <inheritdoc cref="Apply(Patched, long)"/>
    internal DocState Apply(Set set, long seq)
    {
        if (!DocPath.TryParse(set.Path, out string[] path) || DocPath.Resolve(Document, path) is not null)
        {
            return this;
        }

        return DocPath.Set(Document, path, DocNode.From(set.Value)) is DocObject document
            ? new DocState(document, Changes.Changed(path, seq))
            : this;
    }
}

/// <summary>Snapshot's form of the state; the changes are flat, so that it is one level deeper than the document.</summary>
sealed class DocStateConverter : JsonConverter<DocState>
{
    public override DocState Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return new DocState(
            DocObject.FromObject(json.RootElement.GetProperty("doc"u8)), ChangeTrie.Read(json.RootElement.GetProperty("changes"u8)));
    }

    public override void Write(Utf8JsonWriter writer, DocState value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("doc"u8);
        value.Document.Write(writer);
        writer.WritePropertyName("changes"u8);
        value.Changes.Write(writer);
        writer.WriteEndObject();
    }
}
