using System.Net;
using System.Net.Sockets;
using EdgeRooms.Cluster;
using EdgeRooms.Conformance;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace EdgeRooms.Postgres.Tests;

/// <summary>"Processes" on one database: each with sessions of its own and a link port that listens while it lives.</summary>
sealed class PostgresLab(string connectionString) : Lab
{
    readonly List<PostgresProcess> _processes = [];

    public string ConnectionString { get; } = connectionString;

    public NpgsqlDataSource Inspector { get; } = NpgsqlDataSource.Create(connectionString);

    public static async Task<Lab> OpenAsync(TestCluster cluster) => new PostgresLab(await cluster.CreateDatabaseAsync());

    public override LabNode Create(string name)
    {
        var process = new PostgresProcess(ConnectionString, name);
        _processes.Add(process);
        return process.Node;
    }

    public PostgresProcess ProcessOf(LabNode node) => _processes.Single(p => ReferenceEquals(p.Node, node));

    public override async Task KillAsync(LabNode node)
    {
        await ProcessOf(node).DisposeAsync();
        await UntilNoSessionAsync(node);
    }

    public async Task UntilNoSessionAsync(LabNode node)
    {
        string name = ProcessOf(node).Database.SessionName;
        while (await ScalarAsync<long>("select count(*) from pg_stat_activity where application_name = $1", name) > 0)
        {
            await Task.Delay(10);
        }
    }

    public override async Task AgeHeartbeatAsync(LabNode node, TimeSpan by) =>
        await ScalarAsync<object>("update edgerooms.heartbeats set at = at - make_interval(secs => $2) where node = $1", node.Name, by.TotalSeconds);

    public override async Task MakeSteadyAsync(LabNode node)
    {
        for (int i = 0; i < 8; i++)
        {
            Assert.True(await node.Leases.RenewAsync(default));
            ProcessOf(node).Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    public async Task<T?> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Inspector.CreateCommand(sql);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteScalarAsync() is T result ? result : default;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await Inspector.DisposeAsync();
    }
}

/// <summary>What one process has of Postgres.</summary>
sealed class PostgresProcess : IAsyncDisposable
{
    readonly TcpListener _link = new(IPAddress.Loopback, 0);
    readonly PostgresLeases _leases;

    public PostgresProcess(string connectionString, string name)
    {
        _link.Start();
        Database = new Database(connectionString, name);
        _leases = new PostgresLeases(Database, new NodeAddress(name, _link.LocalEndpoint.ToString()!), Time);
        Node = new LabNode(name, _leases, new PostgresEventLog(Database, _leases), new PostgresSignals(Database));
    }

    public Database Database { get; }

    public FakeTimeProvider Time { get; } = new();

    public LabNode Node { get; }

    public async ValueTask DisposeAsync()
    {
        _link.Stop();
        await _leases.DisposeAsync();
        await Database.DisposeAsync();
    }
}
