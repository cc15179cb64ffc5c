using Npgsql;

namespace EdgeRooms.Tests.Live;

/// <summary>Several real server processes over one database: routers take the clients, nodes have the rooms.</summary>
sealed class LiveCluster(string database) : IAsyncDisposable
{
    public List<LiveProcess> Processes { get; } = [];

    public IReadOnlyList<LiveProcess> Nodes => [.. Processes.Where(p => p.Role == "node")];

    public IReadOnlyList<LiveProcess> Routers => [.. Processes.Where(p => p.Role != "node")];

    public string Database => database;

    /// <summary>What the processes warned of lately.</summary>
    public IReadOnlyList<string> Warnings => [.. Processes.SelectMany(p => p.Warnings)];

    /// <summary>Environment variables of every process that is added from now on.</summary>
    public Dictionary<string, string> Settings { get; } = new()
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Development",
        ["EdgeRooms__Postgres"] = database,
        ["EdgeRooms__Auth__Secret"] = LiveTokens.Secret,
        ["EdgeRooms__Admin__Token"] = LiveTokens.Admin,
        ["EdgeRooms__Cluster__Secret"] = "live-cluster-live-cluster-live-cluster",
        ["EdgeRooms__Limits__CommandsPerSecond"] = "1000000",
        ["EdgeRooms__Limits__CommandBurst"] = "1000000",
        ["EdgeRooms__Limits__RoomsPerConnection"] = "10000",
        ["EdgeRooms__Limits__ConnectionsPerUser"] = "10000",
        ["EdgeRooms__Limits__NewRoomsPerUserPerHour"] = "1000000",
        ["Logging__LogLevel__Default"] = "Warning",
    };

    /// <summary>A cluster that is ready.</summary>
    public static async Task<LiveCluster> StartAsync(string database, int routers, int nodes)
    {
        var cluster = new LiveCluster(database);
        for (int i = 1; i <= nodes; i++)
        {
            cluster.Add($"node-{i}", "node");
        }

        for (int i = 1; i <= routers; i++)
        {
            cluster.Add($"router-{i}", "router");
        }

        await cluster.StartAllAsync();
        return cluster;
    }

    /// <summary>One more process, not started yet.</summary>
    public LiveProcess Add(string name, string role, IReadOnlyDictionary<string, string>? settings = null, IReadOnlyList<string>? inside = null)
    {
        var process = Make(name, role, settings, inside);
        Processes.Add(process);
        return process;
    }

    /// <summary>A process that is not one of the cluster's, with the same settings.</summary>
    public LiveProcess Make(string name, string role, IReadOnlyDictionary<string, string>? settings = null, IReadOnlyList<string>? inside = null)
    {
        var all = new Dictionary<string, string>(Settings);
        foreach (var (key, value) in settings ?? new Dictionary<string, string>())
        {
            all[key] = value;
        }

        return new LiveProcess(name, role, all, inside);
    }

    /// <summary>Starts what is not up; the first alone, since it makes the schema.</summary>
    public async Task StartAllAsync()
    {
        var down = Processes.Where(p => !p.IsUp).ToList();
        if (down.Count == Processes.Count)
        {
            await down[0].StartAsync();
        }

        await Task.WhenAll(down.Where(p => !p.IsUp).Select(p => p.StartAsync()));
    }

    /// <summary>The first row of a query, read past any pool.</summary>
    public async Task<T> QueryAsync<T>(string sql, params object[] values) => (await RowsAsync(sql, r => r.GetFieldValue<T>(0), values))[0];

    public async Task<List<T>> RowsAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false;CommandTimeout=120");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>Who owns each room that has an owner.</summary>
    public async Task<Dictionary<string, string>> OwnersAsync() => (await RowsAsync(
        "select r.room, n.name from edgerooms.rooms r join edgerooms.nodes n on n.name = r.node and n.boot = r.boot and not n.fenced",
        r => (Room: r.GetString(0), Owner: r.GetString(1)))).ToDictionary(r => r.Room, r => r.Owner);

    /// <summary>What every process said last, for a failure's message.</summary>
    public string Said => string.Join('\n', Processes.Select(p => p.Said));

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Processes)
        {
            await process.DisposeAsync();
        }
    }
}
