namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>Rule 1: from where a client says it is to where the room is, no hole and no repeat; or the state.</summary>
public sealed class ResumeTests(RunningServer server) : IClassFixture<RunningServer>, IAsyncLifetime
{
    const int Events = 10;

    static int _tests;

    readonly string _room = $"e{Interlocked.Increment(ref _tests)}";

    public async ValueTask InitializeAsync()
    {
        await using var writer = await OpenAsync("");
        await writer.NextAsync("joined");
        for (int i = 1; i <= Events; i++)
        {
            await writer.CommandAsync(i, "add", """{"by":1}""");
        }

        await writer.AnswerAsync(Events);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    Task<WireClient> OpenAsync(string query) => WireClient.OpenAsync(server, $"/rooms/counter/{_room}{query}", server.Token("ann"));

    /// <summary>The events up to one that this client makes now.</summary>
    static async Task<long[]> UpToNowAsync(WireClient client)
    {
        await client.CommandAsync(1, "add", """{"by":1}""");
        await client.AnswerAsync(1);
        return [.. client.Seen.Where(f => f.Text("type") == "event").Select(f => f.Number("seq"))];
    }

    [Theory]
    [InlineData("?since=7", 8)]
    [InlineData("?since=7&epoch=1", 8)]
    [InlineData("?since=0", 1)]
    [InlineData("?since=10", 11)]
    [InlineData("?since=7&history=10", 8)]
    public async Task A_since_that_can_be_served_is_followed_by_the_next_event(string query, long first)
    {
        await using var client = await OpenAsync(query);
        var joined = await client.NextAsync("joined");

        var events = await UpToNowAsync(client);

        Assert.Equal((true, 10, "1"), (joined.Flag("recovered"), joined.Number("seq"), joined.Text("epoch")));
        Assert.False(joined.TryGetProperty("state", out _));
        Assert.Equal(Enumerable.Range((int)first, 12 - (int)first).Select(i => (long)i), events);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?since=11")]
    [InlineData("?since=9223372036854775807")]
    [InlineData("?since=-1")]
    [InlineData("?since=nonsense")]
    [InlineData("?since=7&epoch=2")]
    [InlineData("?since=7&epoch=nonsense")]
    [InlineData("?history=0")]
    public async Task What_cannot_be_served_gets_the_state_and_goes_on_live(string query)
    {
        await using var client = await OpenAsync(query);
        var joined = await client.NextAsync("joined");

        var events = await UpToNowAsync(client);

        Assert.Equal((false, 10, "1"), (joined.Flag("recovered"), joined.Number("seq"), joined.Text("epoch")));
        Assert.Equal(10, joined.GetProperty("state").Number("value"));
        Assert.Equal([11], events);
    }

    [Theory]
    [InlineData("?history=3", 8)]
    [InlineData("?history=10", 1)]
    [InlineData("?history=1000", 1)]
    [InlineData("?since=99&history=3", 8)]
    public async Task History_brings_the_last_events_after_the_state(string query, long first)
    {
        await using var client = await OpenAsync(query);
        var joined = await client.NextAsync("joined");

        var events = await UpToNowAsync(client);

        Assert.False(joined.Flag("recovered"));
        Assert.Equal(10, joined.GetProperty("state").Number("value"));
        Assert.Equal(Enumerable.Range((int)first, 12 - (int)first).Select(i => (long)i), events);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_a_hole_until_there_is_no_more()
    {
        await using var client = await OpenAsync("");
        await client.NextAsync("joined");
        var seen = new List<long>();
        bool more = true;
        for (int id = 1; more; id++)
        {
            await client.SendAsync($$"""{"type":"history","id":{{id}},"after":{{seen.LastOrDefault()}},"limit":4}""");
            var page = await client.AnswerAsync(id);
            Assert.Equal($"counter/{_room}", page.Text("room"));
            seen.AddRange(page.GetProperty("events").EnumerateArray().Select(e => e.Number("seq")));
            more = page.Flag("more");
        }

        Assert.Equal(Enumerable.Range(1, Events).Select(i => (long)i), seen);
        await client.SendAsync("""{"type":"history","id":50,"after":10,"limit":4}""");
        var end = await client.AnswerAsync(50);
        Assert.Equal((0, false), (end.GetProperty("events").GetArrayLength(), end.Flag("more")));
    }

    [Fact]
    public async Task A_room_without_events_is_at_0_of_epoch_1()
    {
        await using var client = await WireClient.OpenAsync(server, $"/rooms/counter/{_room}-none?since=0", server.Token("ann"));

        var joined = await client.NextAsync("joined");

        Assert.Equal((0, true, "1"), (joined.Number("seq"), joined.Flag("recovered"), joined.Text("epoch")));
    }
}
