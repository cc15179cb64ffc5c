using System.Globalization;
using System.Reflection;
using Npgsql;

namespace EdgeRooms.Postgres;

/// <summary>
/// The numbered scripts of <c>db/</c> and which of them a database has. Forward only; any number of processes may apply
/// them at once, one of them does.
/// </summary>
static class Schema
{
    public const string Name = "edgerooms";

    /// <summary>A constant of ours; everything that migrates takes this lock.</summary>
    const long MigrationLock = 0x45444745_524F4F4D;

    public static IReadOnlyList<SchemaScript> Scripts { get; } = ReadScripts();

    /// <summary>The numbers of scripts that the database lacks.</summary>
    public static async Task<IReadOnlyList<int>> MissingAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var exists = new NpgsqlCommand("select to_regclass('edgerooms.schema_versions') is not null", connection);
        var applied = (bool)(await exists.ExecuteScalarAsync(cancellation))! ? await AppliedAsync(connection, cancellation) : [];
        return [.. Scripts.Select(s => s.Number).Except(applied)];
    }

    /// <summary>Applies what is missing, in order, in one transaction. Returns the numbers applied.</summary>
    public static async Task<IReadOnlyList<int>> ApplyAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync(connection, "set local statement_timeout = 0; set local lock_timeout = 0", cancellation);
        await ExecuteAsync(connection, $"select pg_advisory_xact_lock({MigrationLock})", cancellation);
        await ExecuteAsync(connection, """
            create schema if not exists edgerooms;
            create table if not exists edgerooms.schema_versions (
              number int primary key, name text not null, applied_at timestamptz not null default now())
            """, cancellation);
        var applied = await AppliedAsync(connection, cancellation);
        var missing = Scripts.Where(s => !applied.Contains(s.Number)).ToList();
        foreach (var script in missing)
        {
            await ExecuteAsync(connection, script.Sql, cancellation);
            await using var record = new NpgsqlCommand("insert into edgerooms.schema_versions (number, name) values ($1, $2)", connection)
            {
                Parameters = { new() { Value = script.Number }, new() { Value = script.FileName } },
            };
            await record.ExecuteNonQueryAsync(cancellation);
        }

        await transaction.CommitAsync(cancellation);
        return [.. missing.Select(s => s.Number)];
    }

    static async Task<HashSet<int>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var select = new NpgsqlCommand("select number from edgerooms.schema_versions", connection);
        await using var reader = await select.ExecuteReaderAsync(cancellation);
        var numbers = new HashSet<int>();
        while (await reader.ReadAsync(cancellation))
        {
            numbers.Add(reader.GetInt32(0));
        }

        return numbers;
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        // No parameters and several statements: Npgsql would split them at semicolons and reads dollar quotes for that.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    static List<SchemaScript> ReadScripts()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.StartsWith("db/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(n =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(n)!); // listed by the assembly itself
                return new SchemaScript(int.Parse(n.AsSpan(3, 3), CultureInfo.InvariantCulture), n[3..], reader.ReadToEnd());
            })];
    }
}

/// <summary>A numbered script of <c>db/</c>.</summary>
sealed record SchemaScript(int Number, string FileName, string Sql);
