using EdgeRooms.Cluster;
using EdgeRooms.Events;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>
/// One lane's connection, prepared statement and fence number. One append at a time; after any that did not end with an answer the
/// writer is spent and a new one must be opened.
/// </summary>
sealed class PostgresEventLogWriter : IEventLogWriter
{
    /// <summary>
    /// How long an answer may take: more than the server's own limits (<see cref="Database"/>), so this ends only what waits for
    /// a standby or for a network that swallows packets. The statement is abandoned, never cancelled: a cancelled wait for a standby
    /// reports success.
    /// </summary>
    internal static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    const int OpenAttempts = 5;

    readonly NpgsqlConnection _connection;
    readonly AppendCommand _command;
    string? _warning;
    bool _spent;
    Task? _abandoned;

    PostgresEventLogWriter(NpgsqlConnection connection, AppendCommand command)
    {
        _connection = connection;
        _command = command;
        connection.Notice += (_, e) => _warning ??= e.Notice.InvariantSeverity == "WARNING" ? e.Notice.MessageText : null;
    }

    internal int ProcessId => _connection.ProcessID;

    internal TimeSpan AnswerWait { get; set; } = AnswerTimeout;

    public static async Task<PostgresEventLogWriter> OpenAsync(
        Database database, NodeIdentity node, int lane, CancellationToken cancellation)
    {
        var connection = await database.Direct.OpenConnectionAsync(cancellation);
        try
        {
            long number = await RaiseNumberAsync(connection, node, lane, cancellation)
                ?? throw new NodeFencedException($"Node {node.Name} (boot {node.Boot}) was fenced off or its name taken.");
            return new PostgresEventLogWriter(
                connection, await AppendCommand.PrepareAsync(connection, node.Name, lane, number, cancellation));
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<IReadOnlyList<AppendConflict>> AppendAsync(IReadOnlyList<RoomAppend> batch)
    {
        if (_spent)
        {
            throw new InvalidOperationException("This writer's last append ended without an answer; open a new one.");
        }

        _warning = null;
        _command.Fill(batch);
        var execution = _command.ExecuteAsync();
        try
        {
            var losers = await execution.WaitAsync(AnswerWait);
            if (_warning is { } warning)
            {
                _spent = true;
                throw new IOException($"The append's outcome is in doubt: {warning}");
            }

            return losers;
        }
        catch (PostgresException e) when (e.InvariantSeverity == "ERROR" && _connection.State == System.Data.ConnectionState.Open)
        {
            throw new AppendRolledBackException(e.MessageText, IsData(e.SqlState), e);
        }
        catch (TimeoutException) when (!execution.IsCompleted)
        {
            _spent = true;
            _abandoned = execution;
            throw;
        }
        catch (Exception e) when (e is not NodeFencedException)
        {
            _spent = true;
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_abandoned is null)
        {
            return CloseAsync();
        }

        // The connection is still in use; whoever opens the lane next ends it on the server, and then this ends.
        _ = _abandoned.ContinueWith(
            async abandoned =>
            {
                _ = abandoned.Exception;
                await CloseAsync();
            },
            TaskScheduler.Default).Unwrap().ContinueWith(closed => _ = closed.Exception, TaskScheduler.Default);
        return ValueTask.CompletedTask;
    }

    static bool IsData(string sqlState) => sqlState.AsSpan(0, 2) is "22" or "23" or "54";

    /// <summary>Null where the node does not stand. Ends the old writer's backend where it holds the lane for too long.</summary>
    static async Task<long?> RaiseNumberAsync(
        NpgsqlConnection connection, NodeIdentity node, int lane, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await using var open = new NpgsqlCommand("select edgerooms.open_writer_v1($1, $2, $3)", connection)
                {
                    Parameters = { new() { Value = node.Name }, new() { Value = node.Boot }, new() { Value = lane } },
                };
                return await open.ExecuteScalarAsync(cancellation) as long?;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable && attempt < OpenAttempts)
            {
                await using var end = new NpgsqlCommand("select edgerooms.end_writer_v1($1, $2)", connection)
                {
                    Parameters = { new() { Value = node.Name }, new() { Value = lane } },
                };
                await end.ExecuteNonQueryAsync(cancellation);
            }
        }
    }

    async ValueTask CloseAsync()
    {
        await _command.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
