using System.Net;
using System.Net.Sockets;

using EdgeRooms.Cluster;

using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>When another node counts as dead, and how it is fenced before its rooms are taken.</summary>
sealed partial class PostgresLeases
{
    async Task<(Owner Owner, string SessionName)?> ReadHolderAsync(CancellationToken cancellation)
    {
        await using var command = database.Pool.CreateCommand("""
            select n.name, n.boot, n.address,
              exists (select 1 from pg_stat_activity s where s.application_name = n.session_name),
              extract(epoch from clock_timestamp() - h.at)::double precision, n.session_name
            from edgerooms.nodes n join edgerooms.heartbeats h on h.node = n.name and h.boot = n.boot
            where n.name = $1 and not n.fenced
            """);
        Add(command, _name);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (Owner.Read(reader, 0), reader.GetString(5)) : null;
    }

    static async Task<bool> IsDeadAsync(Owner owner, bool isSteady, CancellationToken cancellation) =>
        (isSteady && IsStale(owner)) || (!owner.HasSession && await RefusesAsync(owner.Address, cancellation));

    static bool IsStale(Owner owner) => owner.AgeSeconds >= HeartbeatAgeMax.TotalSeconds;

    /// <summary>What the database checks again under lock: the heartbeat's age, or (zero) that no session is left.</summary>
    static TimeSpan? AgeToProve(Owner owner) => IsStale(owner) ? HeartbeatAgeMax : null;

    /// <summary>True where the boot does not stand any more. Ends its sessions where its batch in flight does not end.</summary>
    /// <param name="age">Null: prove instead that it has no session.</param>
    async Task<bool> FenceAsync(Owner owner, TimeSpan? age, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await using var fence = database.Pool.CreateCommand("select edgerooms.fence_node_v1($1, $2, $3, $4)");
                Add(fence, owner.Name, owner.Boot, age?.TotalSeconds ?? 0, age is null);
                return await fence.ExecuteScalarAsync(cancellation) is true;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable && attempt < FenceAttempts)
            {
                await using var end = database.Pool.CreateCommand("select edgerooms.end_sessions_v1($1, $2)");
                Add(end, owner.Name, owner.Boot);
                await end.ExecuteNonQueryAsync(cancellation);
            }
        }
    }

    /// <summary>Only a refusal counts: a host that is away or paused does not refuse.</summary>
    static async Task<bool> RefusesAsync(string address, CancellationToken cancellation)
    {
        int colon = address.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(address.AsSpan(colon + 1), out int port))
        {
            return false;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ProbeTimeout);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(address[..colon].Trim('[', ']'), port, limit.Token);
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
