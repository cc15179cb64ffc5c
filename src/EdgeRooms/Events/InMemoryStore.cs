namespace EdgeRooms.Events;

/// <summary>
/// The "database" behind the in-memory ports. Nodes of one test share one. Every member is read and written under
/// <see cref="Gate"/>; nothing awaits while holding it.
/// </summary>
sealed class InMemoryStore(TimeProvider? time = null)
{
    public List<Cluster.Order> Orders { get; } = [];

    /// <summary>The secrets that all processes share.</summary>
    public Cluster.ISecrets Secrets { get; } = new Cluster.InMemorySecrets();

    public static readonly TimeSpan HeartbeatAgeMax = TimeSpan.FromSeconds(5);

    long _boot;
    long _fence;
    long _claim;

    public Lock Gate { get; } = new();

    public TimeProvider Time { get; } = time ?? TimeProvider.System;

    public Dictionary<string, InMemoryStream> Streams { get; } = [];

    public Dictionary<RoomId, long> Epochs { get; } = [];

    public Dictionary<RoomId, StoredSnapshot> Snapshots { get; } = [];

    public Dictionary<(RoomId Room, string Name), Alarm> Alarms { get; } = [];

    public Dictionary<(RoomId Room, long Epoch, string Session), CommandMark> Marks { get; } = [];

    public Dictionary<string, InMemoryNode> Nodes { get; } = [];

    public Dictionary<(string Node, int Lane), long> Fences { get; } = [];

    /// <summary>Appends that hang, by lane: a new writer of the lane waits for them.</summary>
    public Dictionary<(string Node, int Lane), Task> InFlight { get; } = [];

    public Dictionary<RoomId, InMemoryOwner> Owners { get; } = [];

    /// <summary>Who listens to signals; replaced whole.</summary>
    public IReadOnlyList<Action<Cluster.Signal>> Listeners { get; set; } = [];

    public long NextBoot() => ++_boot;

    public long NextFence() => ++_fence;

    public long NextClaim() => ++_claim;

    public long EpochOf(RoomId room) => Epochs.GetValueOrDefault(room, 1);

    public long VersionOf(string stream) => Streams.TryGetValue(stream, out var found) ? found.Version : 0;

    public bool Stands(Cluster.NodeIdentity node) =>
        Nodes.TryGetValue(node.Name, out var row) && row.Boot == node.Boot && !row.Fenced;

    public bool IsDead(string node) =>
        !Nodes.TryGetValue(node, out var row) || row.Fenced || row.Killed || Time.GetUtcNow() - row.HeartbeatAt >= HeartbeatAgeMax;

    /// <summary>Null where nobody that stands owns the room; an owner that is dead but not fenced yet counts.</summary>
    public string? OwnerOf(RoomId room) =>
        Owners.TryGetValue(room, out var owner) && Stands(owner.Node) ? owner.Node.Name : null;

    public void ReplaceStream(RoomId room, long from, bool copy, StoredSnapshot? snapshot)
    {
        Epochs[room] = from + 1;
        if (!copy)
        {
            foreach (var key in Alarms.Keys.Where(k => k.Room == room).ToList())
            {
                Alarms.Remove(key);
            }

            return;
        }

        if (Streams.TryGetValue(StreamKey.Of(room, from), out var old))
        {
            Streams[StreamKey.Of(room, from + 1)] = new InMemoryStream(old.Version, old.Events.Select(
                e => e with { Headers = new EventHeaders(e.Headers.User, Member: e.Headers.Member) }));
        }

        if (snapshot is not null)
        {
            Snapshots[room] = snapshot;
        }
    }

    public void FenceOff(string node)
    {
        if (Nodes.TryGetValue(node, out var row))
        {
            row.Fenced = true;
        }

        foreach (var lane in Fences.Keys.Where(k => k.Node == node).ToList())
        {
            Fences[lane] = NextFence();
        }
    }

    /// <summary>Test switch: the node's process is killed, which others see at once (no session left, the link refuses).</summary>
    public void Kill(string node)
    {
        lock (Gate)
        {
            Nodes[node].Killed = true;
        }
    }

    /// <summary>Test switch: the node's last heartbeat moves back in time.</summary>
    public void AgeHeartbeat(string node, TimeSpan by)
    {
        lock (Gate)
        {
            Nodes[node].HeartbeatAt -= by;
        }
    }
}

/// <summary>A registered node.</summary>
sealed class InMemoryNode(long boot, object process, Cluster.NodeAddress address)
{
    public long Boot { get; } = boot;

    public object Process { get; } = process;

    public Cluster.NodeAddress Address { get; } = address;

    public bool IsDraining { get; set; }

    public DateTimeOffset HeartbeatAt { get; set; }

    public bool Fenced { get; set; }

    public bool Killed { get; set; }
}

/// <summary>A room's owner and the number of its claim.</summary>
sealed record InMemoryOwner(Cluster.NodeIdentity Node, long Number);

/// <summary>A stream: its version and the events that were not trimmed.</summary>
sealed class InMemoryStream(long version = 0, IEnumerable<StoredEvent>? events = null)
{
    public long Version { get; set; } = version;

    public List<StoredEvent> Events { get; } = [.. events ?? []];

    public long FirstVersion => Events.Count > 0 ? Events[0].Version : Version + 1;

    /// <summary>Up to <paramref name="limit"/> events above <paramref name="after"/>.</summary>
    public List<StoredEvent> After(long after, int limit)
    {
        int skip = (int)Math.Clamp(after + 1 - FirstVersion, 0, Events.Count);
        return Events.GetRange(skip, Math.Min(limit, Events.Count - skip));
    }
}
