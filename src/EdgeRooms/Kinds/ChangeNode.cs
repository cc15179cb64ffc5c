using System.Collections.Immutable;

namespace EdgeRooms.Kinds;

/// <summary>
/// When a path and the paths under it were last changed: an immutable trie beside the document. It may hold paths that are gone. Seqs only
/// grow, so whatever stands under a path that is changed as a whole need not be kept. Any thread.
/// </summary>
sealed class ChangeNode
{
    /// <summary>Characters of a name that weigh as much as a node, so that long names cannot make a small trie a big one.</summary>
    const int NameLengthPerNode = 64;

    public static readonly ChangeNode None = new(0, ImmutableSortedDictionary.Create<string, ChangeNode>(StringComparer.Ordinal), 0);

    ChangeNode(long seq, ImmutableSortedDictionary<string, ChangeNode> children, int weight)
    {
        Seq = seq;
        Children = children;
        Weight = weight;
    }

    /// <summary>The last change of this very path as a whole; 0 for none.</summary>
    public long Seq { get; }

    /// <summary>The last change of this path or any under it.</summary>
    public long Last { get; private init; }

    public ImmutableSortedDictionary<string, ChangeNode> Children { get; }

    /// <summary>Nodes under this one, with one more for each <see cref="NameLengthPerNode"/> characters of a name.</summary>
    public int Weight { get; }

    /// <summary>The path was changed as a whole.</summary>
    public ChangeNode Changed(ReadOnlySpan<string> path, long seq) => path.IsEmpty
        ? Make(seq, None.Children, 0, seq)
        : With(path[0], (Children.GetValueOrDefault(path[0]) ?? None).Changed(path[1..], seq), seq);

    /// <summary>A merge patch changed its leaves, and as a whole what was no object before.</summary>
    public ChangeNode Merged(DocObject? before, DocObject patch, long seq)
    {
        if (before is null)
        {
            return Changed([], seq);
        }

        var node = this;
        foreach (var (name, value) in patch.Members)
        {
            var child = node.Children.GetValueOrDefault(name) ?? None;
            var changed = value is DocObject inner ? child.Merged(before.Find(name) as DocObject, inner, seq) : child.Changed([], seq);
            node = ReferenceEquals(changed, child) ? node : node.With(name, changed, seq);
        }

        return node;
    }

    /// <summary>The last change at, above or under a path.</summary>
    public long LastOf(ReadOnlySpan<string> path)
    {
        var node = this;
        long above = 0;
        foreach (string name in path)
        {
            above = Math.Max(above, node.Seq);
            if (!node.Children.TryGetValue(name, out node!))
            {
                return above;
            }
        }

        return Math.Max(above, node.Last);
    }

    /// <summary>Without the paths whose last change is not after a seq.</summary>
    public ChangeNode Since(long seq)
    {
        var node = Make(Seq, None.Children, 0, Seq);
        foreach (var (name, child) in Children)
        {
            node = child.Last > seq ? node.With(name, child.Since(seq), Math.Max(node.Last, child.Last)) : node;
        }

        return node;
    }

    /// <summary>This node with a child; for reading a trie back.</summary>
    public ChangeNode With(string name, ChangeNode child) => With(name, child, Math.Max(Last, child.Last));

    /// <summary>A node of its own change, without children.</summary>
    public static ChangeNode At(long seq) => Make(seq, None.Children, 0, seq);

    static ChangeNode Make(long seq, ImmutableSortedDictionary<string, ChangeNode> children, int weight, long last) =>
        new(seq, children, weight) { Last = last };

    static int Cost(string name, ChangeNode? child) => child is null ? 0 : 1 + (name.Length / NameLengthPerNode) + child.Weight;

    ChangeNode With(string name, ChangeNode child, long last) => Make(
        Seq, Children.SetItem(name, child), Weight + Cost(name, child) - Cost(name, Children.GetValueOrDefault(name)), last);
}
