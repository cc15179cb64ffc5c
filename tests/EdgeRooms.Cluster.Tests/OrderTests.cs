using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

using EdgeRooms.Tests.Live;

namespace EdgeRooms.Cluster.Tests;

/// <summary>What an operator asks at one router takes effect at all of them in time, counted from the answer to the operator.</summary>
public sealed class OrderTests(ClusterFixture fixture)
{
    static readonly TimeSpan Within = TimeSpan.FromSeconds(2);
    static readonly TimeSpan WithinWithoutSignals = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Kick_and_revoke_take_effect_at_every_router_within_2_s()
    {
        var cluster = await fixture.WholeAsync();

        await CheckAsync(cluster.Routers[0], cluster.Routers[1], Within);
    }

    [Fact]
    public async Task Kick_and_revoke_take_effect_at_every_router_within_5_s_when_NOTIFY_is_down()
    {
        var cluster = await fixture.WholeAsync();
        await using var way = new DeafWay(fixture.Postgres.Port);
        var deaf = new Dictionary<string, string>
        {
            ["EdgeRooms__Signals__Postgres"] = cluster.Database.Replace($"Port={fixture.Postgres.Port}", $"Port={way.Port}", StringComparison.Ordinal),
        };
        await using var first = cluster.Make("deaf-1", "router", deaf);
        await using var second = cluster.Make("deaf-2", "router", deaf);
        await Task.WhenAll(first.StartAsync(), second.StartAsync());
        way.Mute = true;

        await CheckAsync(first, second, WithinWithoutSignals);

        Assert.True(way.Swallowed > 0); // so there were signals, and nobody heard them
        Assert.Equal(2L, await cluster.QueryAsync<long>("select count(*) from edgerooms.nodes where name like 'deaf-%' and not fenced")); // all else went on
    }

    static async Task CheckAsync(LiveProcess here, LiveProcess there, TimeSpan within)
    {
        string room = $"/rooms/relay/orders-{Guid.NewGuid():N}";
        await using var bystander = await LiveSocket.OpenAsync(there, room, "bob");
        await bystander.NextAsync("joined");

        await KicksAsync(here, there, room, within);
        await RevokesTokenAsync(here, there, room, within);
        await RevokesSessionAsync(here, there, room, within);

        await bystander.SendAsync("""{"type":"send","id":1,"cmd":1,"name":"n"}""");
        await bystander.NextAsync("ack");
    }

    /// <summary>The user's sockets at both routers, and a stream that only reads; who comes again may.</summary>
    static async Task KicksAsync(LiveProcess here, LiveProcess there, string room, TimeSpan within)
    {
        await using var near = await JoinedAsync(here, room, "ann");
        await using var far = await JoinedAsync(there, room, "ann");
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        await using var reads = await client.GetStreamAsync(new Uri(there.Url!, $"{room}/events?token={LiveTokens.For("ann")}"));

        long ordered = await OrderAsync(here, "kick", new { user = "ann" });

        await ClosedInTimeAsync(near, ordered, within, "kick, this router");
        await ClosedInTimeAsync(far, ordered, within, "kick, the other router");
        await new StreamReader(reads).ReadToEndAsync().WaitAsync(within);
        await using var again = await JoinedAsync(there, room, "ann");
    }

    /// <summary>Only those who came by this token; nobody comes by it again.</summary>
    static async Task RevokesTokenAsync(LiveProcess here, LiveProcess there, string room, TimeSpan within)
    {
        string id = Guid.NewGuid().ToString("N");
        await using var near = await JoinedAsync(here, room, "ann", id);
        await using var far = await JoinedAsync(there, room, "ann", id);
        await using var other = await JoinedAsync(there, room, "ann", "another");

        long ordered = await OrderAsync(there, "revoke", new { token = id });

        await ClosedInTimeAsync(near, ordered, within, "token, the other router");
        await ClosedInTimeAsync(far, ordered, within, "token, this router");
        foreach (var router in (LiveProcess[])[here, there])
        {
            await using var again = await LiveSocket.OpenAsync(router, room, "ann", id);
            Assert.Equal(1008, await again.ClosedAsync());
        }

        await other.SendAsync("""{"type":"ping"}""");
        await other.NextAsync("pong");
    }

    /// <summary>Only the connection of this session; nobody comes back as it.</summary>
    static async Task RevokesSessionAsync(LiveProcess here, LiveProcess there, string room, TimeSpan within)
    {
        await using var near = await JoinedAsync(here, room, "ann");
        await using var far = await JoinedAsync(there, room, "ann");

        long ordered = await OrderAsync(here, "revoke", new { session = far.Session });

        await ClosedInTimeAsync(far, ordered, within, "session, the other router");
        // There it has been heard; the other router may hear it later, within the same time.
        await using var again = await LiveSocket.OpenAsync(there, $"{room}?session={Uri.EscapeDataString(far.Session)}", "ann");
        var gone = await again.NextAsync("error");
        Assert.Equal("gone", gone.GetProperty("code").GetString());
        await near.SendAsync("""{"type":"ping"}""");
        await near.NextAsync("pong");
    }

    static async Task<LiveSocket> JoinedAsync(LiveProcess router, string room, string user, string tokenId = "")
    {
        var socket = await LiveSocket.OpenAsync(router, room, user, tokenId);
        await socket.NextAsync("joined");
        return socket;
    }

    /// <summary>When the operator had the answer.</summary>
    static async Task<long> OrderAsync(LiveProcess router, string order, object about)
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", LiveTokens.Admin);
        using var answer = await client.PostAsJsonAsync(new Uri(router.Url!, $"/admin/{order}"), about);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        return Stopwatch.GetTimestamp();
    }

    static async Task ClosedInTimeAsync(LiveSocket socket, long ordered, TimeSpan within, string what)
    {
        Assert.Equal(4001, await socket.ClosedAsync());
        var took = Stopwatch.GetElapsedTime(ordered);
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {took.TotalMilliseconds:N0} ms");
        Assert.True(took < within, $"{what} took {took}.");
    }
}
