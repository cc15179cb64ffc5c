using System.Security.Cryptography;
using EdgeRooms.Cluster;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>Keys in a table; the first to ask makes them.</summary>
sealed class PostgresSecrets(Database database) : ISecrets
{
    public async Task<byte[]> GetOrCreateAsync(string name, int bytes, CancellationToken cancellation)
    {
        await using var connection = await database.Pool.OpenConnectionAsync(cancellation);
        await using var create = new NpgsqlCommand(
            "insert into edgerooms.secrets (name, value) values ($1, $2) on conflict do nothing", connection)
        {
            Parameters = { new() { Value = name }, new() { Value = RandomNumberGenerator.GetBytes(bytes) } },
        };
        await create.ExecuteNonQueryAsync(cancellation);
        await using var read = new NpgsqlCommand("select value from edgerooms.secrets where name = $1", connection)
        {
            Parameters = { new() { Value = name } },
        };
        return (byte[])(await read.ExecuteScalarAsync(cancellation))!; // the row is there, ours or another's
    }
}
