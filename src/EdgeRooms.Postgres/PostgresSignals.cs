using System.Text;
using EdgeRooms.Cluster;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>
/// Signals over NOTIFY on one constant channel. Published in autocommit and never with an append: NOTIFY takes a database-wide lock
/// until its transaction has committed. The payload is <c>KIND:SUBJECT</c>.
/// </summary>
sealed class PostgresSignals(Database database, TimeProvider? time = null) : ISignals
{
    const string Channel = "edgerooms";
    const int SubjectBytesMax = 512;
    static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(5);

    readonly TimeProvider _time = time ?? TimeProvider.System;

    public async ValueTask PublishAsync(Signal signal, CancellationToken cancellation)
    {
        if (Encoding.UTF8.GetByteCount(signal.Subject) > SubjectBytesMax)
        {
            throw new ArgumentException($"A signal's subject has at most {SubjectBytesMax} bytes.", nameof(signal));
        }

        try
        {
            await using var notify = database.Pool.CreateCommand("select pg_notify($1, $2)");
            notify.Parameters.Add(new NpgsqlParameter { Value = Channel });
            notify.Parameters.Add(new NpgsqlParameter { Value = $"{signal.Kind}:{signal.Subject}" });
            await notify.ExecuteNonQueryAsync(cancellation);
        }
        catch (NpgsqlException)
        {
            // A hint: who listens polls as well.
        }
    }

    public async Task ListenAsync(Action<Signal> handler, CancellationToken cancellation)
    {
        var pause = PauseMin;
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.Direct.OpenConnectionAsync(cancellation);
                connection.Notification += (_, e) => Hand(e.Payload, handler);
                await using (var listen = new NpgsqlCommand($"listen {Channel}", connection))
                {
                    await listen.ExecuteNonQueryAsync(cancellation);
                }

                pause = PauseMin;
                handler(new Signal(SignalKind.Reconnected, ""));
                while (true)
                {
                    await connection.WaitAsync(cancellation);
                }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
            {
                await Task.Delay(pause, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    static void Hand(string payload, Action<Signal> handler)
    {
        int colon = payload.IndexOf(':', StringComparison.Ordinal);

        // A kind of a newer version is nothing to this one.
        if (colon > 0 && Enum.TryParse(payload.AsSpan(0, colon), out SignalKind kind) && kind != SignalKind.Reconnected)
        {
            handler(new Signal(kind, payload[(colon + 1)..]));
        }
    }
}
