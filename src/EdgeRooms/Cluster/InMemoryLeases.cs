using EdgeRooms.Events;

namespace EdgeRooms.Cluster;

/// <summary>
/// One node's leases in an <see cref="InMemoryStore"/>. A node counts as dead as soon as its heartbeat is too old or the test
/// killed it; who judges is not asked how steady it was itself. Any thread.
/// </summary>
sealed class InMemoryLeases(InMemoryStore store, string name) : ILeases
{
    NodeIdentity? _node;

    public NodeIdentity Node => _node ?? throw new InvalidOperationException("RegisterAsync comes first.");

    /// <summary>Switch: the database is away for this node while set.</summary>
    public bool IsAway { get; set; }

    public Task<NodeIdentity> RegisterAsync(CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            if (store.Nodes.TryGetValue(name, out var holder) && !store.IsDead(name) && holder.Process != this)
            {
                throw new NodeNameTakenException(name);
            }

            store.FenceOff(name);
            _node = new NodeIdentity(name, store.NextBoot());
            store.Nodes[name] = new InMemoryNode(_node.Boot, this) { HeartbeatAt = store.Time.GetUtcNow() };
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

            store.Nodes[name].HeartbeatAt = store.Time.GetUtcNow();
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
                throw new NodeFencedException($"Node {name} (boot {Node.Boot}) was fenced off.");
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

    public Task LeaveAsync(CancellationToken cancellation)
    {
        ThrowIfAway();
        lock (store.Gate)
        {
            if (store.Stands(Node))
            {
                store.FenceOff(name);
                store.Nodes.Remove(name);
            }
        }

        return Task.CompletedTask;
    }

    Claim Claim(RoomId room)
    {
        if (store.OwnerOf(room) is { } owner && owner != name)
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
