namespace EdgeRooms.Cluster;

/// <summary>The cluster at one moment: who stands, and the ring of those who take rooms. Immutable, replaced whole; readers never lock.</summary>
sealed class ClusterView
{
    public static readonly ClusterView Empty = new(0, []);

    readonly Dictionary<string, ClusterMember> _byName;

    public ClusterView(long version, IReadOnlyList<ClusterMember> members)
    {
        Version = version;
        Members = members;
        _byName = members.ToDictionary(m => m.Name, StringComparer.Ordinal);
        Ring = new HashRing(members.Where(m => m is { HasRooms: true, IsDraining: false }).Select(m => (m.Name, m.Weight)));
    }

    /// <summary>Counts this process's views.</summary>
    public long Version { get; }

    public IReadOnlyList<ClusterMember> Members { get; }

    public HashRing Ring { get; }

    public ClusterMember? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether the same processes stand in the same state; heartbeats aside.</summary>
    public bool IsLike(IReadOnlyList<ClusterMember> members) =>
        Members.Count == members.Count && Members.Zip(members).All(p => p.First with { AgeSeconds = 0 } == p.Second with { AgeSeconds = 0 });

    public override string ToString() =>
        string.Join(", ", Members.Select(m => $"{m.Name} ({m.Role}{(m.IsDraining ? ", draining" : "")}, boot {m.Boot})"));
}
