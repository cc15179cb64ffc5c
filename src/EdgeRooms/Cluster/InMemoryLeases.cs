using EdgeRooms.Events;

namespace EdgeRooms.Cluster;

/// <summary>
/// One node's leases in an <see cref="InMemoryStore"/>. A node counts as dead as soon as its heartbeat is too old or the test
/// killed it; who judges is not asked how steady it was itself. Any thread.
/// </summary>
sealed class InMemoryLeases(InMemoryStore store, NodeAddress address) : ILeases
{
    readonly string _name = address.Name;
    NodeIdentity? _node;

    public NodeIdentity Node => _node ?? throw new InvalidOperationException("RegisterAsync comes first.");

    /// <summary>Switch: the database is away for this node while set.</summary>
    public bool IsAway { get; set; }

    public Task<NodeIdentity> RegisterAsync(CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            if (store.Nodes.TryGetValue(_name, out var holder) && !store.IsDead(_name) && holder.Process != this)
            {
                throw new NodeNameTakenException(_name);
            }

            store.FenceOff(_name);
            _node = new NodeIdentity(_name, store.NextBoot());
            store.Nodes[_name] = new InMemoryNode(_node.Boot, this, address) { HeartbeatAt = store.Time.GetUtcNow() };
            return Task.FromResult(_node);
        }
    }

    public Task<bool> RenewAsync(CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            if (!store.Stands(Node))
            {
                return Task.FromResult(false);
            }

            store.Nodes[_name].HeartbeatAt = store.Time.GetUtcNow();
            return Task.FromResult(true);
        }
    }

    public Task<IReadOnlyList<Claim>> ClaimAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            if (!store.Stands(Node))
            {
                throw new NodeFencedException($"Node {_name} (boot {Node.Boot}) was fenced off.");
            }

            return Task.FromResult<IReadOnlyList<Claim>>([.. rooms.Select(Claim)]);
        }
    }

    public Task ReleaseAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            foreach (var room in rooms)
            {
                if (store.Owners.TryGetValue(room, out var owner) && owner.Node == Node)
                {
                    store.Owners.Remove(room);
                }
            }
        }

        return Task.CompletedTask;
    }

    public TimeSpan DatabaseClockAhead => TimeSpan.Zero;

    public Task<IReadOnlyList<ClusterMember>> ReadMembersAsync(CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            return Task.FromResult<IReadOnlyList<ClusterMember>>([.. store.Nodes.Where(n => !n.Value.Fenced)
                .OrderBy(n => n.Key, StringComparer.Ordinal)
                .Select(n => new ClusterMember(
                    n.Key, n.Value.Boot, n.Value.Address.Link, n.Value.Address.Role, n.Value.IsDraining, n.Value.Address.Weight,
                    (store.Time.GetUtcNow() - n.Value.HeartbeatAt).TotalSeconds))]);
        }
    }

    public Task DrainAsync(CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            if (store.Stands(Node))
            {
                store.Nodes[_name].IsDraining = true;
            }
        }

        return Task.CompletedTask;
    }

    public Task LeaveAsync(CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            if (store.Stands(Node))
            {
                store.FenceOff(_name);
                store.Nodes.Remove(_name);
            }
        }

        return Task.CompletedTask;
    }

    Claim Claim(RoomId room)
    {
        if (store.OwnerOf(room) is { } owner && owner != _name)
        {
            if (!store.IsDead(owner))
            {
                return new Claim(room, 0, owner);
            }

            store.FenceOff(owner);
        }

        var claim = new InMemoryOwner(Node, store.NextClaim());
        store.Owners[room] = claim;
        return new Claim(room, claim.Number, null);
    }

    void ThrowIfAway()
    {
        if (IsAway)
        {
            throw new IOException("The database is away (switch).");
        }
    }
}
