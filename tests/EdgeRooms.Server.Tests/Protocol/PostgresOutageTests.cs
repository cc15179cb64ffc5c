using System.Text.Json;

using Npgsql;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>While Postgres is away commands wait or are told to come again, sockets stay, and each number has one effect.</summary>
public sealed class PostgresOutageTests(OwnPostgres postgres) : IClassFixture<OwnPostgres>, IAsyncLifetime
{
    const int Clients = 6;
    const int Commands = 60;

    readonly RunningServer _server = new();
    int _acked;

    public async ValueTask InitializeAsync()
    {
        _server.Settings["EdgeRooms__Postgres"] = await postgres.Server.NewDatabaseAsync();
        _server.Settings["EdgeRooms__Engine__RequestTimeout"] = "00:00:01";
        _server.Settings["EdgeRooms__Engine__Grace"] = "00:00:00.2";
        await _server.InitializeAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public Task Killed_with_9_and_started_again_no_acked_command_is_lost_or_doubled() => UnderLoadAsync(async () =>
    {
        await postgres.Server.KillAsync();
        await postgres.Server.StartAsync();
    });

    [Fact]
    public Task With_a_backend_killed_no_acked_command_is_lost_or_doubled() => UnderLoadAsync(() => postgres.Server.KillBackendAsync("%append%"));

    [Fact]
    public async Task What_waits_too_long_is_unavailable_and_256_numbers_wait_at_most()
    {
        await using var client = await WireClient.OpenAsync(_server, "/rooms/relay/locked", _server.Token("ann"));
        await client.NextAsync("joined");
        await client.BurstAsync(1, 1);
        await using var connection = new NpgsqlConnection(_server.Database + ";Pooling=false");
        await connection.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("lock table edgerooms.mt_events in access exclusive mode", connection, transaction);
            await hold.ExecuteNonQueryAsync();
            var http = _server.SendAsync(HttpMethod.Post, "/rooms/relay/locked/commands", "bob", """{"name":"n"}""");
            var keyed = _server.SendAsync(HttpMethod.Post, "/rooms/relay/locked/commands", "bob", """{"name":"n"}""", ("Idempotency-Key", "k"));
            await client.SendAsync("""{"type":"send","id":1000,"name":"bare"}""");

            var answers = await client.BurstAsync(2, 301);

            // The bare command's answer is among them.
            var bare = client.Seen.Single(f => f.Number("id") == 1000);
            Assert.Equal(("unavailable", false), bare.Refusal());
            Assert.All(Enumerable.Range(2, 256), i => Assert.Equal(("unavailable", true), answers[i].Refusal()));
            Assert.Equal(("overloaded", true), answers[258].Refusal());
            Assert.All(Enumerable.Range(259, 42), i => Assert.Equal(("out_of_order", true), answers[i].Refusal()));
            Assert.Equal(504, (int)(await http).Status);
            Assert.Equal(503, (int)(await keyed).Status);
        }

        for (int cmd = 2; cmd <= 301; cmd++)
        {
            await AckedAsync(client, cmd);
        }

        Assert.Equal(301, (await Journal.ReadAsync(_server, "relay/locked")).Count);
    }

    [Fact]
    public async Task A_join_that_was_given_up_leaves_no_member_behind()
    {
        await using var connection = new NpgsqlConnection(_server.Database + ";Pooling=false");
        await connection.OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("lock table edgerooms.mt_events in access exclusive mode", connection, transaction);
            await hold.ExecuteNonQueryAsync();
            await using var client = await WireClient.OpenAsync(_server, "/rooms/relay/late", _server.Token("ann"));
            Assert.Equal(("unavailable", true), (await client.NextAsync("error")).Refusal());
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await using var watcher = await WireClient.OpenAsync(_server, "/rooms/relay/late", _server.Token("eve"));
        await watcher.NextAsync("joined");
        while (await MembersAsync() is not ["eve"])
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    async Task<string?[]> MembersAsync()
    {
        var (_, body) = await _server.SendAsync(HttpMethod.Get, "/rooms/relay/late", "eve");
        return [.. JsonElement.Parse(body).GetProperty("members").EnumerateArray().Select(m => m.Text("user"))];
    }

    async Task UnderLoadAsync(Func<Task> harm)
    {
        var half = new TaskCompletionSource();
        var clients = Enumerable.Range(0, Clients).Select(i => PlayAsync($"u{i}", half)).ToList();
        await half.Task;

        await harm();

        await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(Clients * Commands, (await Journal.ReadAsync(_server, "relay/outage")).Count);
    }

    /// <summary>All its commands on one socket, which must not close; its events come without a hole.</summary>
    async Task PlayAsync(string user, TaskCompletionSource half)
    {
        await using var client = await WireClient.OpenAsync(_server, "/rooms/relay/outage", _server.Token(user));
        long last = (await client.NextAsync("joined")).Number("seq");
        for (int cmd = 1; cmd <= Commands; cmd++)
        {
            await AckedAsync(client, cmd);
            if (Interlocked.Increment(ref _acked) == Clients * Commands / 2)
            {
                half.SetResult();
            }
        }

        Assert.All(client.Seen.Where(f => f.Text("type") == "event"), e => Assert.Equal(++last, e.Number("seq")));
        Assert.DoesNotContain(client.Seen, f => f.Text("type") == "reset");
    }

    /// <summary>Sends a number until it is acked, as the protocol says: again after a refusal with retry.</summary>
    static async Task AckedAsync(WireClient client, int cmd)
    {
        while (true)
        {
            await client.CommandAsync(cmd);
            var answer = await client.AnswerAsync(cmd);
            if (answer.Text("type") == "ack")
            {
                return;
            }

            Assert.True(answer.Flag("retry") && answer.Text("code") is "unavailable" or "overloaded" or "out_of_order", answer.GetRawText());
            await Task.Delay(TimeSpan.FromMilliseconds(answer.Number("retryAfterMs"))); // the wait that the server named
        }
    }
}
