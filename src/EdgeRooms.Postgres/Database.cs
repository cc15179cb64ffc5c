using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>
/// The process's ways to Postgres: <see cref="Pool"/> for short statements, <see cref="Direct"/> for connections that
/// somebody keeps (writers, renewals, LISTEN), and <see cref="Marten"/> for whoever queries and projects. All sessions carry <see cref="SessionName"/>, by which other nodes see whether
/// this process still has one. Behind a pooler in transaction mode (PgBouncer) only <see cref="Pool"/> goes through it: what is kept needs a session of its own.
/// </summary>
sealed class Database : IAsyncDisposable
{
    const int ApplicationNameBytesMax = 63;
    const string Prefix = "edgerooms:";

    /// <summary>
    /// A stopped process must not hold locks for ever, and Postgres' defaults let it: each wait of a session has an end, on the
    /// server's side, where a process that does not run cannot prevent it.
    /// </summary>
    const string SessionSettings =
        "-c lock_timeout=1000 -c statement_timeout=5000 -c idle_in_transaction_session_timeout=2000"
        + " -c tcp_keepalives_idle=3 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3 -c tcp_user_timeout=5000";

    /// <param name="connectionString">Of the data's way; may lead through a pooler where there is a direct one.</param>
    /// <param name="nodeName">Goes into the sessions' name.</param>
    /// <param name="direct">Of connections that are kept, past any pooler; null: the same.</param>
    public Database(string connectionString, string nodeName, string? direct = null)
    {
        SessionName = NameSession(nodeName);
        var pool = Settings(connectionString, SessionName);
        Marten = NpgsqlDataSource.Create(pool);
        if (direct is null)
        {
            pool.Options = $"{pool.Options} {SessionSettings}".Trim();
        }
        else
        {
            // A pooler in transaction mode knows neither start-up options nor prepared statements, and resets sessions itself.
            pool.MaxAutoPrepare = 0;
            pool.NoResetOnClose = true;
        }

        Pool = NpgsqlDataSource.Create(pool);
        var kept = Settings(direct ?? connectionString, SessionName);
        kept.Options = $"{kept.Options} {SessionSettings}".Trim();
        kept.Pooling = false;
        Direct = NpgsqlDataSource.Create(kept);
    }

    static NpgsqlConnectionStringBuilder Settings(string connectionString, string sessionName)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = sessionName,
            Timezone = "UTC",
            MaxAutoPrepare = 64,
            KeepAlive = 5,
            Multiplexing = false,

            // An answer that does not come breaks the connection; a cancelled commit could be one that is half done.
            CancellationTimeout = -1,
        };
        if (!settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MaxPoolSize = 20;
        }

        return settings;
    }

    public NpgsqlDataSource Pool { get; }

    public NpgsqlDataSource Direct { get; }

    /// <summary>Without the limits on waits: a rebuild reads for minutes, the daemon's leader holds a lock in an idle transaction.</summary>
    public NpgsqlDataSource Marten { get; }

    public string SessionName { get; }

    public async ValueTask DisposeAsync()
    {
        await Marten.DisposeAsync();
        await Direct.DisposeAsync();
        await Pool.DisposeAsync();
    }

    /// <summary>
    /// <c>edgerooms:NODE:START</c>. START is drawn per process and not the boot number, which is only known once a connection
    /// is open; it tells two lives of a name apart just as well. Postgres cuts the name at 63 bytes and replaces what is not ASCII.
    /// </summary>
    internal static string NameSession(string nodeName)
    {
        string start = ":" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        string node = string.Concat(nodeName.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':' ? c : '_'));
        int room = ApplicationNameBytesMax - Prefix.Length - start.Length;
        if (node.Length > room)
        {
            string hash = "~" + Convert.ToHexStringLower(XxHash32.Hash(Encoding.UTF8.GetBytes(nodeName)));
            node = node[..(room - hash.Length)] + hash;
        }

        return Prefix + node + start;
    }
}
