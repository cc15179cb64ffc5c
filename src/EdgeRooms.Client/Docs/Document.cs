using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EdgeRooms.Client.Docs;

/// <summary>
/// The JSON object of a <c>doc</c> room as its events have it, by the server's rules: JSON Merge Patch (RFC 7396) and sets by JSON Pointer. What cannot be applied
/// changes nothing. Owned by the gate, changed in place; what is read is a copy.
/// </summary>
sealed class Document
{
    JsonObject _root;

    public Document(JsonElement state) => _root = ToNode(state) as JsonObject ?? [];

    Document(JsonObject root) => _root = root;

    public Document Copy() => new((JsonObject)_root.DeepClone());

    /// <summary>An event, or an own command that has none yet.</summary>
    public void Apply(string name, JsonElement data)
    {
        if (data.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (name is "patched" or "patch" && data.TryGetProperty("patch", out var patch) && patch.ValueKind == JsonValueKind.Object)
        {
            Merge(_root, patch);
        }
        else if (name == "set" && data.TryGetProperty("path", out var path) && path.ValueKind == JsonValueKind.String
            && data.TryGetProperty("value", out var value) && Pointer.TryParse(path.GetString() ?? "") is { } tokens)
        {
            Set(tokens, value);
        }
    }

    /// <summary>The value there; undefined where there is none.</summary>
    public JsonElement Read(string[] tokens)
    {
        JsonNode? node = _root;
        foreach (string token in tokens)
        {
            switch (node)
            {
                case JsonArray items when Pointer.Index(token, items.Count - 1) is { } index:
                    node = items[index];
                    break;
                case JsonObject members when members.TryGetPropertyValue(token, out var member):
                    node = member;
                    break;
                default:
                    return default;
            }
        }

        return ToElement(node);
    }

    static void Merge(JsonObject target, JsonElement patch)
    {
        foreach (var change in patch.EnumerateObject())
        {
            if (change.Value.ValueKind == JsonValueKind.Null)
            {
                target.Remove(change.Name);
            }
            else if (change.Value.ValueKind != JsonValueKind.Object)
            {
                target[change.Name] = ToNode(change.Value);
            }
            else
            {
                if (target[change.Name] is not JsonObject member)
                {
                    target[change.Name] = member = [];
                }

                Merge(member, change.Value);
            }
        }
    }

    void Set(string[] tokens, JsonElement value)
    {
        if (tokens.Length == 0)
        {
            _root = ToNode(value) as JsonObject ?? _root; // an object, always
            return;
        }

        JsonNode node = _root;
        for (int i = 0; i < tokens.Length; i++)
        {
            bool isLast = i == tokens.Length - 1;
            if (Step(node, tokens[i], isLast ? ToNode(value) : null, isLast) is not { } next)
            {
                return;
            }

            node = next;
        }
    }

    /// <summary>Into a member or item, which is made where it is missing; at the last token it is set. Null where there is no way on.</summary>
    static JsonNode? Step(JsonNode node, string token, JsonNode? value, bool isLast)
    {
        switch (node)
        {
            case JsonArray items when token == "-" || Pointer.Index(token, items.Count) is not null:
                int index = token == "-" ? items.Count : int.Parse(token, System.Globalization.CultureInfo.InvariantCulture);
                if (index == items.Count)
                {
                    items.Add(isLast ? value : new JsonObject());
                }
                else if (isLast)
                {
                    items[index] = value;
                }

                return items[index];
            case JsonObject members:
                if (isLast)
                {
                    members[token] = value;
                }
                else if (!members.ContainsKey(token))
                {
                    members[token] = new JsonObject();
                }

                return members[token];
            default:
                return null;
        }
    }

    /// <summary>Built by hand: of two equal keys the last counts.</summary>
    static JsonNode? ToNode(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var members = new JsonObject();
                foreach (var member in value.EnumerateObject())
                {
                    members[member.Name] = ToNode(member.Value);
                }

                return members;
            case JsonValueKind.Array:
                return new JsonArray([.. value.EnumerateArray().Select(ToNode)]);
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return null;
            default:
                return JsonValue.Create(value);
        }
    }

    static JsonElement ToElement(JsonNode? node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        if (node is null)
        {
            json.WriteNullValue();
        }
        else
        {
            node.WriteTo(json);
        }

        json.Flush();
        return JsonElement.Parse(buffer.WrittenSpan);
    }
}
