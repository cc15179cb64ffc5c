using EdgeRooms.Events;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>Rows of <c>mt_events</c> as the engine's events. Bodies and headers stay UTF-8 bytes from the socket to the wire.</summary>
static class EventRows
{
    /// <summary>The columns <see cref="Read"/> wants, in its order.</summary>
    public const string Columns = "e.version, e.type, e.data, e.headers, e.timestamp";

    public static StoredEvent Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetString(first + 1),
        row.GetFieldValue<byte[]>(first + 2),
        EventHeadersJson.Read(row.IsDBNull(first + 3) ? default : row.GetFieldValue<byte[]>(first + 3)),
        row.GetFieldValue<DateTimeOffset>(first + 4));
}
