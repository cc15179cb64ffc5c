using System.Text.Json;

namespace EdgeRooms.Kinds;

/// <summary>
/// The last change of each path, bounded. When the trie is full the older half of its paths goes and leaves a floor: whatever is not in it
/// counts as changed then. So an old <c>ifSeq</c> may be refused without need, and a conflict is never missed.
/// </summary>
sealed record ChangeTrie(ChangeNode Root, long Floor)
{
    public const int WeightMax = 10_000;

    public static readonly ChangeTrie None = new(ChangeNode.None, 0);

    public long LastOf(ReadOnlySpan<string> path) => Math.Max(Floor, Root.LastOf(path));

    public ChangeTrie Changed(ReadOnlySpan<string> path, long seq) => Bounded(Root.Changed(path, seq));

    public ChangeTrie Merged(DocObject before, DocObject patch, long seq) => Bounded(Root.Merged(before, patch, seq));

    /// <summary>
    /// <c>{"floor":seq,"root":seq,"paths":[level,name,seq, …]}</c>, depth first with the root's children at level 1: as long as the trie,
    /// and flat however deep it is.
    /// </summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("floor"u8, Floor);
        json.WriteNumber("root"u8, Root.Seq);
        json.WriteStartArray("paths"u8);
        WriteChildren(json, Root, 1);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static ChangeTrie Read(JsonElement json)
    {
        var paths = json.GetProperty("paths"u8).EnumerateArray();
        bool more = paths.MoveNext();
        var root = ReadChildren(ref paths, ref more, ChangeNode.At(json.GetProperty("root"u8).GetInt64()), 1);
        return new ChangeTrie(root, json.GetProperty("floor"u8).GetInt64());
    }

    static void WriteChildren(Utf8JsonWriter json, ChangeNode node, int level)
    {
        foreach (var (name, child) in node.Children)
        {
            json.WriteNumberValue(level);
            json.WriteStringValue(name);
            json.WriteNumberValue(child.Seq);
            WriteChildren(json, child, level + 1);
        }
    }

    static ChangeNode ReadChildren(ref JsonElement.ArrayEnumerator paths, ref bool more, ChangeNode node, int level)
    {
        while (more && paths.Current.GetInt32() == level)
        {
            paths.MoveNext();
            string name = paths.Current.GetString()!; // Written by Write, as a string.
            paths.MoveNext();
            var child = ChangeNode.At(paths.Current.GetInt64());
            more = paths.MoveNext();
            node = node.With(name, ReadChildren(ref paths, ref more, child, level + 1));
        }

        return node;
    }

    ChangeTrie Bounded(ChangeNode root)
    {
        if (root.Weight <= WeightMax)
        {
            return this with { Root = root };
        }

        var lasts = new List<long>();
        Collect(root, lasts);
        lasts.Sort();
        long floor = lasts[lasts.Count / 2];
        var newer = root.Since(floor);
        // A few long names may weigh as much as many short ones: then all go.
        return newer.Weight <= WeightMax ? new ChangeTrie(newer, floor) : new ChangeTrie(ChangeNode.None, root.Last);
    }

    static void Collect(ChangeNode node, List<long> lasts)
    {
        foreach (var child in node.Children.Values)
        {
            lasts.Add(child.Last);
            Collect(child, lasts);
        }
    }
}
