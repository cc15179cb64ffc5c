using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Tests.Rooms;

/// <summary>What an operator asks at one process takes effect in all of them.</summary>
public sealed class OrderTests
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kick_closes_the_users_sockets_on_every_router_also_where_the_signal_is_lost(bool losesSignals)
    {
        var store = new InMemoryStore();
        await using var r1 = await LabProcess.StartAsync(store, "r1");
        await using var r2 = await LabProcess.StartAsync(store, "r2");
        var (here, there, other) = (await r1.JoinAsync("ann"), await r2.JoinAsync("ann"), await r2.JoinAsync("bob"));
        r1.Signals.Loses = losesSignals;

        await r1.Process.OrderAsync(OrderKind.Kick, "ann", "", TimeSpan.FromMinutes(1), default);

        Assert.Equal(4001, await here.Closed.WaitAsync(Patience));
        Assert.Equal(4001, await there.Closed.WaitAsync(Patience));
        Assert.False(other.Closed.IsCompleted);
        await r2.JoinAsync("ann"); // who comes again may
    }

    [Fact]
    public async Task A_revoked_session_is_closed_and_gone_everywhere()
    {
        var store = new InMemoryStore();
        await using var r1 = await LabProcess.StartAsync(store, "r1");
        await using var r2 = await LabProcess.StartAsync(store, "r2");
        var ann = await r1.JoinAsync("ann");
        string session = ann.Seen.First(f => f.GetProperty("type").GetString() == "welcome").GetProperty("session").GetString()!;

        await r2.Process.OrderAsync(OrderKind.RevokeSession, session.Split('.')[0], "", TimeSpan.FromDays(30), default);

        Assert.Equal(4001, await ann.Closed.WaitAsync(Patience));
        var again = r1.Open("ann", "tally/a", session);
        Assert.Equal("gone", (await again.NextAsync("error")).GetProperty("code").GetString());
        Assert.NotEqual(session, (await again.NextAsync("welcome")).GetProperty("session").GetString());
    }

    [Fact]
    public async Task An_announcement_reaches_every_member_of_the_kind()
    {
        var store = new InMemoryStore();
        await using var r1 = await LabProcess.StartAsync(store, "r1");
        await using var r2 = await LabProcess.StartAsync(store, "r2");
        var (ann, bob, guest) = (await r1.JoinAsync("ann"), await r2.JoinAsync("bob", "tally/b"), await r2.JoinAsync("eve", "guests/x"));

        await r1.Process.OrderAsync(OrderKind.Announce, "tally", """{"name":"news","data":{"text":"soon"}}""", TimeSpan.FromMinutes(1), default);

        foreach (var client in (LabClient[])[ann, bob])
        {
            var frame = await client.NextAsync("ephemeral");
            Assert.Equal(("news", "soon"), (frame.GetProperty("name").GetString(), frame.GetProperty("data").GetProperty("text").GetString()));
        }

        Assert.DoesNotContain(guest.Seen, f => f.GetProperty("type").GetString() == "ephemeral");
    }

    [Fact]
    public async Task A_client_that_comes_in_as_its_token_is_revoked_is_put_out_all_the_same()
    {
        await using var process = await LabProcess.StartAsync(new InMemoryStore(), "lab");
        process.Revocations.AddToken("late", DateTimeOffset.MaxValue);

        var ann = process.Open("ann", "tally/a", tokenId: "late"); // as if its token had been looked at just before
        var bob = await process.JoinAsync("bob");

        Assert.Equal(4001, await ann.Closed.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.False(bob.Closed.IsCompleted);
    }
}
