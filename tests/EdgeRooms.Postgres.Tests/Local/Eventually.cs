namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>Waits for an effect of another process, which can only be looked at, with a deadline.</summary>
static class Eventually
{
    public static Task IsTrueAsync(Func<bool> condition, string what) =>
        IsTrueAsync(() => Task.FromResult(condition()), what);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        var deadline = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        while (!await condition())
        {
            Assert.True(DateTime.UtcNow < deadline, $"Not within 30 s: {what}");
            await Task.Delay(20);
        }
    }
}
