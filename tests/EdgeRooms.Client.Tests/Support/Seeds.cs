namespace EdgeRooms.Client.Tests.Support;

/// <summary>Runs a random test once a seed and names the one that fails. EDGEROOMS_SEED runs that one alone, EDGEROOMS_SEEDS as many as it says.</summary>
static class Seeds
{
    /// <summary>Sums what each run returns: how much of what it is about came to pass, which must be more than one a run.</summary>
    public static async Task RunAsync(Func<int, Task<int>> run, string what)
    {
        int[] seeds = Environment.GetEnvironmentVariable("EDGEROOMS_SEED") is { Length: > 0 } only
            ? [int.Parse(only)]
            : [.. Enumerable.Range(1_000, int.Parse(Environment.GetEnvironmentVariable("EDGEROOMS_SEEDS") ?? "60"))];
        int sum = 0;
        foreach (int seed in seeds)
        {
            try
            {
                sum += await run(seed);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"EDGEROOMS_SEED={seed} fails: {e.Message}", e);
            }
        }

        Assert.True(sum > seeds.Length, $"only {sum} {what}, so this has tested little");
    }
}
