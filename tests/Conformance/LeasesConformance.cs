using EdgeRooms.Cluster;
using EdgeRooms.Events;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Conformance;

/// <summary>Who owns what, in every implementation of leases.</summary>
public abstract class LeasesConformance : ConformanceTest
{
    static readonly RoomId One = RoomId.Parse("a/1");
    static readonly RoomId Two = RoomId.Parse("a/2");

    [Fact]
    public async Task A_room_has_one_owner()
    {
        var (first, second) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));

        var granted = await first.Leases.ClaimAsync([One], default);
        var mixed = await second.Leases.ClaimAsync([Two, One], default);

        Assert.True(granted[0].IsGranted);
        Assert.Equal([Two, One], mixed.Select(c => c.Room));
        Assert.True(mixed[0].IsGranted);
        Assert.Equal((false, 0L, "n1"), (mixed[1].IsGranted, mixed[1].Number, mixed[1].Owner));
    }

    [Fact]
    public async Task Every_claim_draws_a_higher_number()
    {
        var node = await Lab.StartAsync("n1");

        long first = (await node.Leases.ClaimAsync([One], default))[0].Number;
        long again = (await node.Leases.ClaimAsync([One], default))[0].Number;
        long other = (await node.Leases.ClaimAsync([Two], default))[0].Number;

        Assert.True(first > 0);
        Assert.True(again > first);
        Assert.True(other > again);
    }

    [Fact]
    public async Task A_released_room_is_free()
    {
        var (first, second) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        await using var writer = await first.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Event())]);
        long number = (await first.Leases.ClaimAsync([One, Two], default))[0].Number;

        await second.Leases.ReleaseAsync([One], default);
        Assert.False((await second.Leases.ClaimAsync([One], default))[0].IsGranted);
        await first.Leases.ReleaseAsync([One, Two], default);

        var claims = await second.Leases.ClaimAsync([One, Two], default);
        Assert.All(claims, c => Assert.True(c.IsGranted && c.Number > number));
    }

    [Fact]
    public async Task A_name_whose_process_lives_cannot_be_taken()
    {
        await Lab.StartAsync("n1");

        await Assert.ThrowsAsync<NodeNameTakenException>(() => Lab.StartAsync("n1"));
    }

    [Fact]
    public async Task A_killed_process_leaves_its_name_and_rooms()
    {
        var (dead, live) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        await dead.Leases.ClaimAsync([One, Two], default);
        await Lab.KillAsync(dead);

        Assert.True((await live.Leases.ClaimAsync([One], default))[0].IsGranted);
        var reborn = await Lab.StartAsync("n1");

        Assert.True((await reborn.Leases.ClaimAsync([Two], default))[0].IsGranted);
        Assert.Equal("n2", (await reborn.Leases.ClaimAsync([One], default))[0].Owner);
    }

    [Fact]
    public async Task A_name_of_a_killed_process_is_taken_by_its_successor()
    {
        var dead = await Lab.StartAsync("n1");
        await dead.Leases.ClaimAsync([One], default);
        await Lab.KillAsync(dead);

        var reborn = await Lab.StartAsync("n1");

        Assert.True(await reborn.Leases.RenewAsync(default));
        Assert.True((await reborn.Leases.ClaimAsync([One], default))[0].IsGranted);
    }

    [Fact]
    public async Task A_silent_node_is_fenced_off_by_who_claims_its_room()
    {
        var (silent, live) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        await silent.Leases.ClaimAsync([One, Two], default);
        await Lab.MakeSteadyAsync(live);
        await Lab.AgeHeartbeatAsync(silent, TimeSpan.FromSeconds(6));

        Assert.All(await live.Leases.ClaimAsync([One, Two], default), c => Assert.True(c.IsGranted));

        Assert.False(await silent.Leases.RenewAsync(default));
        await Assert.ThrowsAsync<NodeFencedException>(() => silent.Leases.ClaimAsync([One], default));
    }

    [Fact]
    public async Task A_node_that_left_owns_nothing()
    {
        var (first, second) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        await first.Leases.ClaimAsync([One], default);

        await first.Leases.LeaveAsync(default);

        Assert.True((await second.Leases.ClaimAsync([One], default))[0].IsGranted);
        await Lab.StartAsync("n1");
    }

    [Fact]
    public async Task A_renewal_keeps_the_lease()
    {
        var (first, second) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        await first.Leases.ClaimAsync([One], default);
        await Lab.MakeSteadyAsync(second);
        await Lab.AgeHeartbeatAsync(first, TimeSpan.FromSeconds(6));

        Assert.True(await first.Leases.RenewAsync(default));

        Assert.Equal("n1", (await second.Leases.ClaimAsync([One], default))[0].Owner);
    }

    [Fact]
    public async Task Two_that_claim_at_once_do_not_both_win()
    {
        var (first, second) = (await Lab.StartAsync("n1"), await Lab.StartAsync("n2"));
        RoomId[] rooms = [.. Enumerable.Range(0, 200).Select(i => RoomId.Parse($"race/{i}"))];

        var both = await Task.WhenAll(
            Task.Run(() => first.Leases.ClaimAsync(rooms, default)),
            Task.Run(() => second.Leases.ClaimAsync([.. rooms.Reverse()], default)));

        var winners = both.SelectMany(c => c).Where(c => c.IsGranted).Select(c => c.Room).ToList();
        Assert.Equal(200, winners.Count);
        Assert.Equal(200, winners.Distinct().Count());
    }
}
