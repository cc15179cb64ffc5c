using EdgeRooms.Cluster;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>Orders in a table; those that no longer matter are deleted by the next one given.</summary>
sealed class PostgresOrders(Database database) : IOrders
{
    const int OrdersMax = 10_000;

    public async Task GiveAsync(OrderKind kind, string subject, string detail, TimeSpan mattersFor, CancellationToken cancellation)
    {
        await using var give = database.Pool.CreateCommand("""
            with gone as (delete from edgerooms.orders where until < clock_timestamp())
            insert into edgerooms.orders (kind, subject, detail, until)
            values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
            """);
        foreach (object value in (object[])[kind.ToString(), subject, detail, mattersFor.TotalSeconds])
        {
            give.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await give.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<IReadOnlyList<Order>> ReadAsync(long after, CancellationToken cancellation)
    {
        await using var read = database.Pool.CreateCommand("""
            select id, kind, subject, detail, at, until from edgerooms.orders
            where id > $1 and until > clock_timestamp() order by id limit $2
            """);
        read.Parameters.Add(new NpgsqlParameter { Value = after });
        read.Parameters.Add(new NpgsqlParameter { Value = OrdersMax });
        await using var reader = await read.ExecuteReaderAsync(cancellation);
        var orders = new List<Order>();
        while (await reader.ReadAsync(cancellation))
        {
            // One of a newer version is none that this process could act on.
            if (Enum.TryParse<OrderKind>(reader.GetString(1), out var kind))
            {
                orders.Add(new Order(
                    reader.GetInt64(0), kind, reader.GetString(2), reader.GetString(3), reader.GetFieldValue<DateTimeOffset>(4),
                    reader.GetFieldValue<DateTimeOffset>(5)));
            }
        }

        return orders;
    }
}
