using System.Globalization;
using System.Text.Json.Nodes;

namespace EdgeRooms.Tests.Kinds;

/// <summary>The document as mutable nodes, and every change ever made, searched from end to end.</summary>
sealed class NaiveDoc
{
    readonly List<(string[] Path, long Seq)> _changes = [];

    public JsonObject Document { get; private set; } = [];

    public long LastOf(string[] path) =>
        _changes.Where(c => c.Path.Zip(path).All(p => p.First == p.Second)).Select(c => c.Seq).DefaultIfEmpty().Max();

    public void Patch(string patch, long seq) => Merge(Document, JsonNode.Parse(patch)!.AsObject(), [], seq);

    public bool TrySet(string[] path, string value, long seq)
    {
        if (path.Length == 0)
        {
            if (JsonNode.Parse(value) is not JsonObject document)
            {
                return false;
            }

            Document = document;
            _changes.Add(([], seq));
            return true;
        }

        var copy = Document.DeepClone();
        string[] resolved = new string[path.Length];
        if (!Walk(copy, path, resolved, value))
        {
            return false;
        }

        Document = copy.AsObject();
        _changes.Add((resolved, seq));
        return true;
    }

    static bool Walk(JsonNode copy, string[] path, string[] resolved, string value)
    {
        JsonNode? node = copy;
        for (int i = 0; i < path.Length; i++)
        {
            bool last = i == path.Length - 1;
            if (node is JsonObject members)
            {
                resolved[i] = path[i];
                if (last)
                {
                    members[path[i]] = JsonNode.Parse(value);
                }
                else if (!members.ContainsKey(path[i]))
                {
                    members[path[i]] = new JsonObject();
                }

                node = members[path[i]];
            }
            else if (node is JsonArray items)
            {
                int index = path[i] == "-" ? items.Count : path[i] is "0" or "1" ? path[i][0] - '0' : int.MaxValue;
                if (index > items.Count)
                {
                    return false;
                }

                resolved[i] = index.ToString(CultureInfo.InvariantCulture);
                if (index == items.Count)
                {
                    items.Add(new JsonObject());
                }

                if (last)
                {
                    items[index] = JsonNode.Parse(value);
                }

                node = items[index];
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    void Merge(JsonObject target, JsonObject patch, string[] at, long seq)
    {
        foreach (var (name, value) in patch)
        {
            string[] path = [.. at, name];
            if (value is JsonObject inner)
            {
                if (target[name] is not JsonObject)
                {
                    _changes.Add((path, seq));
                    target[name] = new JsonObject();
                }

                Merge(target[name]!.AsObject(), inner, path, seq);
                continue;
            }

            _changes.Add((path, seq));
            target.Remove(name);
            if (value is not null)
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
