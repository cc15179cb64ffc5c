using EdgeRooms.Cluster;

using Microsoft.Extensions.Logging.Abstractions;

namespace EdgeRooms.Tests.Cluster;

/// <summary>A start's rehearsal: whole, and short.</summary>
public sealed class RehearsalTests
{
    [Fact]
    public async Task It_joins_uses_and_hands_over_rooms_to_the_end() =>
        Assert.True(await new Rehearsal(NullLogger<Rehearsal>.Instance).RunAsync(CancellationToken.None));

    [Fact]
    public async Task One_that_is_cut_off_fails_without_a_throw() =>
        Assert.False(await new Rehearsal(NullLogger<Rehearsal>.Instance).RunAsync(new CancellationToken(canceled: true)));
}
