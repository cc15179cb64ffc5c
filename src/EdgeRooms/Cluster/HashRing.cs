using System.IO.Hashing;
using System.Text;

namespace EdgeRooms.Cluster;

/// <summary>
/// Consistent hashing of rooms onto nodes (Karger et al. 1997): a node stands at 160 points for each unit of its weight, a room belongs to the next
/// point. When a node comes or goes only its share moves. XxHash3 of UTF-8 text, the same in every process. Immutable.
/// </summary>
sealed class HashRing
{
    const int PointsPerWeight = 160;

    readonly ulong[] _points;
    readonly int[] _owners;
    readonly string[] _nodes;

    public HashRing(IEnumerable<(string Name, int Weight)> nodes)
    {
        var sorted = nodes.OrderBy(n => n.Name, StringComparer.Ordinal).ToArray();
        _nodes = [.. sorted.Select(n => n.Name)];
        var points = sorted.SelectMany((n, i) => Enumerable.Range(0, PointsPerWeight * n.Weight).Select(p => (Point: Hash($"{n.Name}#{p}"), Owner: i)))
            .OrderBy(p => p.Point).ThenBy(p => p.Owner).ToArray();
        _points = [.. points.Select(p => p.Point)];
        _owners = [.. points.Select(p => p.Owner)];
    }

    public IReadOnlyList<string> Nodes => _nodes;

    /// <summary>Whose the room is; null where there is no node.</summary>
    public string? OwnerOf(RoomId room) => Preferred(room).FirstOrDefault();

    /// <summary>The nodes in the order in which they would own the room if those before were gone.</summary>
    public IEnumerable<string> Preferred(RoomId room)
    {
        if (_points.Length == 0)
        {
            yield break;
        }

        int found = Array.BinarySearch(_points, Hash(room.ToString()));
        int at = found >= 0 ? found : ~found;
        var seen = new bool[_nodes.Length];
        for (int i = 0, left = _nodes.Length; i < _points.Length && left > 0; i++)
        {
            int owner = _owners[(at + i) % _points.Length];
            if (!seen[owner])
            {
                seen[owner] = true;
                left--;
                yield return _nodes[owner];
            }
        }
    }

    static ulong Hash(string text)
    {
        Span<byte> bytes = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(text, bytes, out int written)
            ? XxHash3.HashToUInt64(bytes[..written])
            : XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(text));
    }
}
