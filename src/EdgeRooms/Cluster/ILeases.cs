namespace EdgeRooms.Cluster;

/// <summary>
/// Port: who owns which room. A node registers once per start and gets a boot number, renews its lease by a heartbeat, and
/// claims rooms in batches. Times are the database's; the node judges its own lease by its monotonic clock.
/// </summary>
interface ILeases
{
    /// <summary>This process, once <see cref="RegisterAsync"/> has returned.</summary>
    NodeIdentity Node { get; }

    /// <summary>
    /// Takes the node's name with a new boot number. Throws <see cref="NodeNameTakenException"/> where a live process holds the name.
    /// A dead holder of the name is fenced off first.
    /// </summary>
    Task<NodeIdentity> RegisterAsync(CancellationToken cancellation);

    /// <summary>Renews the lease: true where this boot still stands, false where the node was fenced. Throws where the database is away.</summary>
    Task<bool> RenewAsync(CancellationToken cancellation);

    /// <summary>
    /// Claims rooms in one statement: granted where unowned, released, mine, or where the owner is dead (which is fenced off first).
    /// The claims come in the rooms' order. Throws <see cref="Events.NodeFencedException"/> where this node does not stand any more.
    /// </summary>
    Task<IReadOnlyList<Claim>> ClaimAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation);

    /// <summary>Gives rooms up. A room that never had an event loses its row.</summary>
    Task ReleaseAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation);

    /// <summary>The processes that stand, this one included, by name.</summary>
    Task<IReadOnlyList<ClusterMember>> ReadMembersAsync(CancellationToken cancellation);

    /// <summary>Tells all that this node takes no more rooms.</summary>
    Task DrainAsync(CancellationToken cancellation);

    /// <summary>The database's clock less this process's, as of the last renewal.</summary>
    TimeSpan DatabaseClockAhead { get; }

    /// <summary>Gives up the node's name after its rooms; the last call of an orderly stop.</summary>
    Task LeaveAsync(CancellationToken cancellation);
}

/// <summary>A node's name and the number of this start; the boot is part of its fence.</summary>
sealed record NodeIdentity(string Name, long Boot);

/// <summary>
/// The answer to a claim. <paramref name="Number"/> rises with every claim of any room (one sequence) and travels with all the
/// room's output; 0 where not granted, and then <paramref name="Owner"/> names the live node that has it.
/// </summary>
sealed record Claim(RoomId Room, long Number, string? Owner)
{
    public bool IsGranted => Owner is null;
}

/// <summary>A process that lives holds this node name.</summary>
sealed class NodeNameTakenException(string name)
    : Exception($"The node name '{name}' is held by a process that is alive. Give this one another EdgeRooms__NodeName.")
{
    /// <summary>EX_CONFIG of sysexits.h: a supervisor need not start the process again as it is.</summary>
    public const int ExitCode = 78;
}
