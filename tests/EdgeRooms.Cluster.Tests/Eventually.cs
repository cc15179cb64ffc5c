namespace EdgeRooms.Cluster.Tests;

/// <summary>Awaits what another process does, where nothing tells of it.</summary>
static class Eventually
{
    public static async Task TrueAsync(Func<Task<bool>> isSo, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        while (!await isSo())
        {
            Assert.False(limit.IsCancellationRequested, $"Not within 15 s: {what}.");
            await Task.Delay(50, CancellationToken.None); // between two looks
        }
    }
}
