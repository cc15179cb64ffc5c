using EdgeRooms.Cluster;
using EdgeRooms.Events;

using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRooms.Tests.Cluster;

/// <summary>A start's rehearsal: whole, and short.</summary>
public sealed class RehearsalTests
{
    [Fact]
    public async Task It_joins_uses_and_hands_over_rooms_to_the_end() => Assert.True(await New().RunAsync(CancellationToken.None));

    [Fact]
    public async Task One_that_is_cut_off_fails_without_a_throw() => Assert.False(await New().RunAsync(new CancellationToken(canceled: true)));

    static Rehearsal New()
    {
        var store = new InMemoryStore();
        return new Rehearsal(new InMemoryEventLog(store, new InMemoryLeases(store, new NodeAddress("n", "memory:0"))), NullLogger<Rehearsal>.Instance);
    }
}
