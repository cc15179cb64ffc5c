using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeRooms.Kinds;

/// <summary>A JSON object, its members in ordinal order of their names.</summary>
[JsonConverter(typeof(DocObjectConverter))]
sealed class DocObject : DocNode
{
    /// <summary>Quotes, colon and comma of a member.</summary>
    const int MemberBytes = 4;

    public static readonly DocObject Empty = new(ImmutableSortedDictionary.Create<string, DocNode>(StringComparer.Ordinal), 2);

    readonly ImmutableSortedDictionary<string, DocNode> _members;

    DocObject(ImmutableSortedDictionary<string, DocNode> members, int bytes)
    {
        _members = members;
        Bytes = bytes;
    }

    public override int Bytes { get; }

    /// <summary>In order. Enumerating allocates little but is not free.</summary>
    public ImmutableSortedDictionary<string, DocNode> Members => _members;

    public DocNode? Find(string name) => _members.GetValueOrDefault(name);

    public DocObject With(string name, DocNode value) =>
        new(_members.SetItem(name, value), Bytes + Cost(name, value) - Cost(name, Find(name)));

    /// <summary>JSON Merge Patch (RFC 7396, 2): null removes, objects merge, everything else replaces.</summary>
    public DocObject Merge(DocObject patch)
    {
        if (patch._members.IsEmpty)
        {
            return this;
        }

        var members = _members.ToBuilder();
        int bytes = Bytes;
        foreach (var (name, value) in patch._members)
        {
            var old = members.GetValueOrDefault(name);
            bytes -= Cost(name, old);
            if (value == DocScalar.Null)
            {
                members.Remove(name);
                continue;
            }

            var merged = value is DocObject inner ? (old as DocObject ?? Empty).Merge(inner) : value;
            members[name] = merged;
            bytes += Cost(name, merged);
        }

        return new DocObject(members.ToImmutable(), bytes);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (name, value) in _members)
        {
            json.WritePropertyName(name);
            value.Write(json);
        }

        json.WriteEndObject();
    }

    public static DocObject FromObject(JsonElement json)
    {
        var members = Empty._members.ToBuilder();
        int bytes = Empty.Bytes;
        foreach (var member in json.EnumerateObject())
        {
            var value = From(member.Value);
            bytes += Cost(member.Name, value) - Cost(member.Name, members.GetValueOrDefault(member.Name));
            members[member.Name] = value;
        }

        return members.Count == 0 ? Empty : new DocObject(members.ToImmutable(), bytes);
    }

    static int Cost(string name, DocNode? value) => value is null ? 0 : value.Bytes + MemberBytes + Encoding.UTF8.GetByteCount(name);
}

/// <summary>The document as plain JSON: what clients see.</summary>
sealed class DocObjectConverter : JsonConverter<DocObject>
{
    public override DocObject Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        return json.RootElement.ValueKind == JsonValueKind.Object
            ? DocObject.FromObject(json.RootElement)
            : throw new JsonException("A document is an object.");
    }

    public override void Write(Utf8JsonWriter writer, DocObject value, JsonSerializerOptions options) => value.Write(writer);
}
