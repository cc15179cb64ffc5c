namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>Waits for an effect of another process, which can only be looked at, with a deadline.</summary>
static class Eventually
{
    public static async Task IsTrueAsync(Func<bool> condition, string what)
    {
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < deadline, $"Not within 30 s: {what}");
            await Task.Delay(20);
        }
    }
}
