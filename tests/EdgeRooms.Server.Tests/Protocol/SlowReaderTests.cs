namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>Rule 6: a socket that takes little loses nothing; one that takes nothing is closed.</summary>
public sealed class SlowReaderTests(PatientServer server, SlowServer impatient) : IClassFixture<PatientServer>, IClassFixture<SlowServer>
{
    static readonly string Payload = $"\"{new string('x', 30_000)}\"";
    static int _tests;

    readonly string _room = $"w{Interlocked.Increment(ref _tests)}";

    Task<WireClient> OpenAsync(RunningServer on, string user, string query = "") =>
        WireClient.OpenAsync(on, $"/rooms/relay/{_room}{query}", on.Token(user), receiveBytes: 4096);

    /// <summary>Commands of another member, all acked: more than the kernel's buffers hold.</summary>
    async Task FloodAsync(RunningServer on, int count, string data)
    {
        await using var writer = await WireClient.OpenAsync(on, $"/rooms/relay/{_room}", on.Token("writer"));
        await writer.NextAsync("joined");
        const int ahead = 50;
        for (int i = 1; i <= count + ahead; i++)
        {
            if (i <= count)
            {
                await writer.CommandAsync(i, data: data);
            }

            if (i > ahead)
            {
                Assert.Equal("ack", (await writer.AnswerAsync(i - ahead)).Text("type"));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("?batch=1")]
    public async Task A_socket_that_did_not_read_for_a_while_gets_every_event_once_and_in_order(string query)
    {
        await using var slow = await OpenAsync(server, "slow", query);
        await slow.NextAsync("joined");
        await FloodAsync(server, 400, Payload);

        for (int seq = 1; seq <= 400; seq++)
        {
            Assert.Equal(seq, (await slow.NextAsync("event")).Number("seq"));
        }

        Assert.DoesNotContain(slow.Seen, f => f.Text("type") == "reset");
    }

    [Fact]
    public async Task A_slow_reader_has_its_own_acks_behind_their_events()
    {
        await using var slow = await OpenAsync(server, "slow");
        await slow.NextAsync("joined");
        await FloodAsync(server, 300, Payload);
        await slow.SendAsync(string.Join('\n', Enumerable.Range(1, 20).Select(i => WireClient.Command(i))));

        long last = 0;
        int acks = 0;
        while (acks < 20)
        {
            var frame = (await slow.NextAsync())!.Value;
            if (frame.Text("type") == "event")
            {
                Assert.Equal(++last, frame.Number("seq"));
            }
            else if (frame.Text("type") == "ack")
            {
                acks++;
                Assert.True(frame.Number("seq") <= last, $"ack {frame.Number("seq")} before its event, at {last}");
            }
        }

        Assert.Equal(320, last);
    }

    [Fact]
    public async Task One_that_is_too_far_behind_is_reset_and_goes_on_from_there()
    {
        await using var slow = await OpenAsync(server, "slow");
        await slow.NextAsync("joined");
        await FloodAsync(server, 300, Payload);
        await FloodAsync(server, 1500, "1");

        var reset = await slow.NextAsync("reset");
        await FloodAsync(server, 1, "1");
        var next = await slow.NextAsync("event");

        Assert.Equal(("trimmed", "1"), (reset.Text("reason"), reset.Text("epoch")));
        Assert.Equal(reset.Number("seq") + 1, next.Number("seq"));
        long[] before = [.. slow.Seen.TakeWhile(f => f.Text("type") != "reset").Where(f => f.Text("type") == "event").Select(f => f.Number("seq"))];
        Assert.Equal(Enumerable.Range(1, before.Length).Select(i => (long)i), before);
    }

    [Fact]
    public async Task The_whole_list_after_a_full_queue_does_not_speak_of_the_reader()
    {
        await using var slow = await OpenAsync(server, "slow");
        await slow.NextAsync("joined");
        await FloodAsync(server, 300, Payload);
        await using var bob = await OpenAsync(server, "bob");
        await bob.NextAsync("joined");

        while (!(await slow.NextAsync("members")).GetRawText().Contains("\"bob\"", StringComparison.Ordinal))
        {
        }

        Assert.DoesNotContain(slow.Seen, f => f.Text("type") == "members" && f.GetRawText().Contains("\"slow\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Members_that_a_full_queue_dropped_come_as_one_whole_list()
    {
        await using var slow = await OpenAsync(server, "slow");
        await slow.NextAsync("joined");
        await FloodAsync(server, 300, Payload);
        await using var bob = await OpenAsync(server, "bob");
        await bob.NextAsync("joined");

        var known = new HashSet<string>();
        while (!known.Contains("bob"))
        {
            var members = await slow.NextAsync("members");
            if (members.TryGetProperty("joined", out var joined))
            {
                known.UnionWith(joined.EnumerateArray().Select(m => m.Text("user")!));
            }
        }

        Assert.Contains("writer", known);
    }

    [Fact]
    public async Task A_socket_that_takes_nothing_is_closed_and_its_member_leaves()
    {
        await using var stuck = await OpenAsync(impatient, "stuck");
        await stuck.NextAsync("joined");
        await using var witness = await WireClient.OpenAsync(impatient, $"/rooms/relay/{_room}", impatient.Token("eve"));
        var left = LeftAsync(witness, "stuck"); // reads all the time, so it is not stuck itself
        await FloodAsync(impatient, 400, Payload);

        await left;

        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(async () =>
        {
            await stuck.ClosedAsync();
            throw new System.Net.WebSockets.WebSocketException($"closed with {stuck.CloseStatus}");
        });

        // What is full takes no close frame either, so the code is the operator's to see.
        string metrics = await impatient.Http.GetStringAsync($"http://127.0.0.1:{impatient.Port}/metrics");
        Assert.Matches("edgerooms_closes[^\n]*code=\"4108\"[^\n]* [1-9]", metrics);
    }

    [Fact]
    public async Task A_socket_that_answers_no_ping_is_closed_with_4201()
    {
        using var silent = new RawHttp(impatient.Port);

        await silent.UpgradeAsync($"/rooms/relay/{_room}", impatient.Token("ann"));

        Assert.Equal(4201, await silent.CloseCodeAsync());
    }

    [Fact]
    public async Task A_quiet_room_tells_its_head_with_the_pings()
    {
        await using var client = await WireClient.OpenAsync(impatient, $"/rooms/relay/{_room}", impatient.Token("ann"));
        await client.NextAsync("joined");
        await client.BurstAsync(1, 3);

        var head = await client.NextAsync("head");

        Assert.Equal(($"relay/{_room}", 3L), (head.Text("room"), head.Number("seq")));
    }

    static async Task LeftAsync(WireClient witness, string user)
    {
        while (!(await witness.NextAsync("members")).TryGetProperty("left", out var left) || left[0].Text("user") != user)
        {
        }
    }
}
