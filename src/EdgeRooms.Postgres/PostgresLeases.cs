using System.Net.Sockets;
using EdgeRooms.Cluster;
using EdgeRooms.Events;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>
/// Leases in rows. A node is dead when its heartbeat is older than <see cref="HeartbeatAgeMax"/> by the database's clock, judged
/// only where this node itself renewed without a miss for <see cref="SteadyFor"/> (after a restart of the database everybody's is
/// old); or at once where it has no database session and its link refuses connections (HARD-CASES 18). Any thread.
/// </summary>
sealed partial class PostgresLeases(Database database, NodeAddress address, TimeProvider? time = null) : ILeases, IAsyncDisposable
{
    public static readonly TimeSpan HeartbeatAgeMax = TimeSpan.FromSeconds(5);
    internal static readonly TimeSpan SteadyFor = TimeSpan.FromSeconds(6);

    /// <summary>Renewals further apart than this are a miss.</summary>
    internal static readonly TimeSpan RenewalGapMax = TimeSpan.FromSeconds(2.5);

    const int ClaimAttempts = 3;
    const int FenceAttempts = 5;
    static readonly TimeSpan ProbeTimeout = TimeSpan.FromMilliseconds(500);

    readonly string _name = address.Name;
    readonly TimeProvider _time = time ?? TimeProvider.System;
    readonly SemaphoreSlim _renewing = new(1);
    NpgsqlConnection? _renewal;
    NodeIdentity? _node;
    long? _steadySince;
    long _renewedAt;

    public NodeIdentity Node => _node ?? throw new InvalidOperationException("RegisterAsync comes first.");

    public async Task<NodeIdentity> RegisterAsync(CancellationToken cancellation)
    {
        if (await ReadHolderAsync(cancellation) is { } holder)
        {
            bool mine = holder.SessionName == database.SessionName;
            if (!mine && !await IsDeadAsync(holder.Owner, isSteady: true, cancellation))
            {
                throw new NodeNameTakenException(_name);
            }

            if (!await FenceAsync(holder.Owner, mine ? TimeSpan.Zero : AgeToProve(holder.Owner), cancellation))
            {
                throw new NodeNameTakenException(_name);
            }
        }

        await using var register = database.Pool.CreateCommand("select edgerooms.register_node_v2($1, $2, $3, $4, $5)");
        Add(register, _name, address.Link, database.SessionName, address.Role.ToString().ToLowerInvariant(), address.Weight);
        long boot = await register.ExecuteScalarAsync(cancellation) as long? ?? throw new NodeNameTakenException(_name);
        _steadySince = null;
        return _node = new NodeIdentity(_name, boot);
    }

    public async Task<bool> RenewAsync(CancellationToken cancellation)
    {
        await _renewing.WaitAsync(cancellation);
        try
        {
            // A connection of its own: a pool that loads thousands of rooms must not cost the lease.
            _renewal ??= await database.Direct.OpenConnectionAsync(cancellation);
            await using var renew = new NpgsqlCommand(
                "update edgerooms.heartbeats set at = clock_timestamp() where node = $1 and boot = $2 returning at", _renewal);
            Add(renew, Node.Name, Node.Boot);
            var asked = _time.GetUtcNow();
            bool stands = await renew.ExecuteScalarAsync(cancellation) is DateTime at && NoteClock(asked, at);
            NoteRenewal(stands);
            return stands;
        }
        catch
        {
            NoteRenewal(false);
            await CloseRenewalAsync();
            throw;
        }
        finally
        {
            _renewing.Release();
        }
    }

    public async Task<IReadOnlyList<Claim>> ClaimAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation)
    {
        var claims = new Claim?[rooms.Count];
        var open = Enumerable.Range(0, rooms.Count).ToList();
        for (int attempt = 1; open.Count > 0; attempt++)
        {
            await ClaimOnceAsync(rooms, open, claims, cancellation);
            open.RemoveAll(i => claims[i] is not null);
            if (open.Count == 0)
            {
                break;
            }

            var owners = await ReadOwnersAsync(rooms, open, cancellation);
            foreach (var owner in owners.Values.DistinctBy(o => o.Boot))
            {
                bool gone = attempt < ClaimAttempts && await IsDeadAsync(owner, IsSteady(), cancellation)
                    && await FenceAsync(owner, AgeToProve(owner), cancellation);
                if (!gone)
                {
                    open.ForEach(i => claims[i] = owners.TryGetValue(i, out var o) && o.Boot == owner.Boot
                        ? new Claim(rooms[i], 0, o.Name)
                        : claims[i]);
                }
            }

            open.RemoveAll(i => claims[i] is not null);
            if (attempt >= ClaimAttempts && open.Count > 0)
            {
                throw new IOException($"{open.Count} rooms changed hands while they were claimed; claim again.");
            }
        }

        return claims!; // every index was filled, or the loop went on
    }

    public async Task ReleaseAsync(IReadOnlyList<RoomId> rooms, CancellationToken cancellation)
    {
        await using var release = database.Pool.CreateCommand("select edgerooms.release_rooms_v1($1, $2, $3)");
        Add(release, Node.Name, Node.Boot, rooms.Select(r => r.ToString()).ToArray());
        await release.ExecuteNonQueryAsync(cancellation);
    }

    public TimeSpan DatabaseClockAhead { get; private set; }

    public async Task<IReadOnlyList<ClusterMember>> ReadMembersAsync(CancellationToken cancellation)
    {
        await using var command = database.Pool.CreateCommand("""
            select n.name, n.boot, n.address, n.role, n.draining, n.weight,
              extract(epoch from clock_timestamp() - h.at)::double precision
            from edgerooms.nodes n join edgerooms.heartbeats h on h.node = n.name and h.boot = n.boot
            where not n.fenced order by n.name collate "C"
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var members = new List<ClusterMember>();
        while (await reader.ReadAsync(cancellation))
        {
            members.Add(new ClusterMember(
                reader.GetString(0), reader.GetInt64(1), reader.GetString(2), Enum.Parse<ProcessRole>(reader.GetString(3), ignoreCase: true),
                reader.GetBoolean(4), reader.GetInt32(5), reader.GetDouble(6)));
        }

        return members;
    }

    public async Task DrainAsync(CancellationToken cancellation)
    {
        await using var drain = database.Pool.CreateCommand("update edgerooms.nodes set draining = true where name = $1 and boot = $2 and not fenced");
        Add(drain, Node.Name, Node.Boot);
        await drain.ExecuteNonQueryAsync(cancellation);
    }

    public async Task LeaveAsync(CancellationToken cancellation)
    {
        await using var leave = database.Pool.CreateCommand("select edgerooms.leave_node_v1($1, $2)");
        Add(leave, Node.Name, Node.Boot);
        await leave.ExecuteNonQueryAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseRenewalAsync();
        _renewing.Dispose();
    }

    async Task ClaimOnceAsync(IReadOnlyList<RoomId> rooms, List<int> open, Claim?[] claims, CancellationToken cancellation)
    {
        await using var command = database.Pool.CreateCommand("select ord, number from edgerooms.claim_rooms_v1($1, $2, $3)");
        Add(command, Node.Name, Node.Boot, open.Select(i => rooms[i].ToString()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            int ord = reader.GetInt32(0);
            if (ord == 0)
            {
                throw new NodeFencedException($"Node {Node.Name} (boot {Node.Boot}) was fenced off.");
            }

            if (reader.GetInt64(1) is > 0 and var number)
            {
                claims[open[ord - 1]] = new Claim(rooms[open[ord - 1]], number, null);
            }
        }
    }

    async Task<Dictionary<int, Owner>> ReadOwnersAsync(IReadOnlyList<RoomId> rooms, List<int> open, CancellationToken cancellation)
    {
        await using var command = database.Pool.CreateCommand(
            "select ord, owner, owner_boot, address, has_session, age_seconds from edgerooms.room_owners_v1($1)");
        Add(command, (object)open.Select(i => rooms[i].ToString()).ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var owners = new Dictionary<int, Owner>();
        while (await reader.ReadAsync(cancellation))
        {
            owners[open[reader.GetInt32(0) - 1]] = Owner.Read(reader, 1);
        }

        return owners;
    }

    bool NoteClock(DateTimeOffset asked, DateTime at)
    {
        DatabaseClockAhead = at - (asked + ((_time.GetUtcNow() - asked) / 2)).UtcDateTime;
        return true;
    }

    void NoteRenewal(bool stands)
    {
        long now = _time.GetTimestamp();
        if (!stands)
        {
            _steadySince = null;
            return;
        }

        _steadySince = _steadySince is { } since && _time.GetElapsedTime(_renewedAt, now) <= RenewalGapMax ? since : now;
        _renewedAt = now;
    }

    bool IsSteady() => _steadySince is { } since && _time.GetElapsedTime(since) >= SteadyFor
        && _time.GetElapsedTime(_renewedAt) <= RenewalGapMax;

    async ValueTask CloseRenewalAsync()
    {
        if (_renewal is { } connection)
        {
            _renewal = null;
            await connection.DisposeAsync();
        }
    }

    static void Add(NpgsqlCommand command, params object[] values)
    {
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }
    }

    /// <summary>A node as the database sees it, and what tells whether it lives.</summary>
    sealed record Owner(string Name, long Boot, string Address, bool HasSession, double AgeSeconds)
    {
        public static Owner Read(NpgsqlDataReader row, int first) => new(row.GetString(first), row.GetInt64(first + 1),
            row.GetString(first + 2), row.GetBoolean(first + 3), row.GetDouble(first + 4));
    }
}
