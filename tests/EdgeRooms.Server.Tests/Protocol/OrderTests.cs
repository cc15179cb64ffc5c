using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>Rule 5: numbers take effect in their order, also around a refusal. Each test is a user of its own, for the rate is a user's.</summary>
public sealed class OrderTests(LimitedServer server) : IClassFixture<LimitedServer>
{
    const int Burst = 12;

    static int _tests;

    readonly string _name = $"o{Interlocked.Increment(ref _tests)}";

    async Task<WireClient> JoinAsync(string kind = "relay")
    {
        var client = await WireClient.OpenAsync(server, $"/rooms/{kind}/{_name}", server.Token(_name));
        await client.NextAsync("joined");
        return client;
    }

    /// <summary>A burst over the rate; the number that it was refused at.</summary>
    static async Task<long> RefusedAsync(WireClient client) =>
        (await client.BurstAsync(1, Burst)).Where(a => a.Value.Text("type") == "error").Min(a => a.Key);

    [Fact]
    public async Task A_number_above_a_refused_one_is_out_of_order_until_that_one_has_come_again()
    {
        await using var client = await JoinAsync();

        var answers = await client.BurstAsync(1, Burst);

        long refused = answers.Where(a => a.Value.Text("type") == "error").Min(a => a.Key);
        Assert.InRange(refused, 6, Burst - 1);
        Assert.Equal(("rate_limited", true), answers[refused].Refusal());
        Assert.InRange(answers[refused].Number("retryAfterMs"), 1, 1000);
        Assert.Equal(refused, answers[refused].Number("cmd"));
        for (long cmd = 1; cmd <= Burst; cmd++)
        {
            Assert.Equal(cmd < refused ? ("ack", false) : cmd == refused ? ("rate_limited", true) : ("out_of_order", true), answers[cmd].Refusal());
        }

        for (long cmd = refused; cmd <= Burst; cmd++)
        {
            var again = await client.PacedAsync(cmd, WireClient.Command(cmd));
            Assert.Equal(("ack", cmd, false), (again.Text("type"), again.Number("seq"), again.Flag("dup")));
        }

        await client.SendAsync("""{"type":"history","id":99,"after":0,"limit":100}""");
        var page = await client.AnswerAsync(99);
        Assert.Equal(Enumerable.Range(1, Burst).Select(c => (long)c), page.GetProperty("events").EnumerateArray().Select(e => e.Number("cmd")));
    }

    [Fact]
    public async Task A_skip_of_the_refused_number_lets_the_next_go()
    {
        await using var client = await JoinAsync();
        long refused = await RefusedAsync(client);

        await client.SendAsync($$"""{"type":"skip","id":100,"cmd":{{refused}}}""");

        var skipped = await client.AnswerAsync(100);
        Assert.Equal(("ack", refused, true, false), (skipped.Text("type"), skipped.Number("cmd"), skipped.Flag("skipped"), skipped.Flag("dup")));
        var next = await client.PacedAsync(refused + 1, WireClient.Command(refused + 1));
        Assert.Equal(("ack", refused), (next.Text("type"), next.Number("seq")));
        var given = await client.PacedAsync(refused, WireClient.Command(refused));
        Assert.True(given.Flag("dup") && given.Flag("refused"), given.GetRawText());
    }

    [Fact]
    public async Task A_skip_of_a_number_that_took_effect_is_a_dup()
    {
        await using var client = await JoinAsync();
        await client.BurstAsync(1, 2);

        await client.SendAsync("""{"type":"skip","id":100,"cmd":2}""");

        var answer = await client.AnswerAsync(100);
        Assert.Equal((true, false, 2), (answer.Flag("dup"), answer.Flag("skipped"), answer.Number("seq")));
    }

    [Fact]
    public async Task Repeats_below_the_refused_number_are_dups_and_commands_without_a_number_go_on()
    {
        await using var client = await JoinAsync();
        long refused = await RefusedAsync(client);
        await client.SendAsync($$"""{"type":"skip","id":100,"cmd":{{refused}}}""");
        await client.AnswerAsync(100);
        await client.PacedAsync(refused + 1, WireClient.Command(refused + 1, "x"));

        var bare = await client.PacedAsync(101, """{"type":"send","id":101,"name":"bare"}""");
        var repeat = await client.PacedAsync(1, WireClient.Command(1));

        Assert.Equal("ack", bare.Text("type"));
        Assert.Equal(("ack", true, false), (repeat.Text("type"), repeat.Flag("dup"), repeat.Flag("refused")));
    }

    [Fact]
    public async Task Out_of_order_refusals_do_not_count_against_the_rate()
    {
        await using var client = await JoinAsync();
        long refused = await RefusedAsync(client);

        var above = await client.BurstAsync(refused + 1, refused + 20);

        Assert.All(above.Values, a => Assert.Equal(("out_of_order", true), a.Refusal()));
        Assert.Equal("ack", (await client.PacedAsync(refused, WireClient.Command(refused))).Text("type"));
    }

    [Fact]
    public async Task A_number_refused_for_good_does_not_hold_back_the_next()
    {
        await using var client = await JoinAsync("counter");

        await client.SendAsync(WireClient.Command(1, "nothing") + "\n" + WireClient.Command(2, "add", """{"by":1}""") + "\n" + WireClient.Command(3, "add", """{"by":1}"""));

        Assert.Equal(("rejected", false), (await client.AnswerAsync(1)).Refusal());
        Assert.Equal(1, (await client.AnswerAsync(2)).Number("seq"));
        Assert.Equal(2, (await client.AnswerAsync(3)).Number("seq"));
        var repeat = await client.PacedAsync(1, WireClient.Command(1, "add", """{"by":1}"""));
        Assert.Equal((true, true), (repeat.Flag("dup"), repeat.Flag("refused")));
    }

    [Fact]
    public async Task Events_of_a_command_come_before_its_ack_and_only_the_last_number_keeps_its_result()
    {
        await using var client = await JoinAsync("counter");
        await client.SendAsync(WireClient.Command(1, "add", """{"by":5}""") + "\n" + WireClient.Command(2, "add", """{"by":5}"""));
        await client.AnswerAsync(2);

        string[] order = [.. client.Seen.Where(f => f.Text("type") is "event" or "ack").Select(f => $"{f.Text("type")} {f.Number("seq")}")];
        await client.SendAsync(WireClient.Command(1, "add", """{"by":5}"""));
        var first = await client.AnswerAsync(1);
        await client.SendAsync(WireClient.Command(2, "add", """{"by":5}"""));
        var last = await client.AnswerAsync(2);

        Assert.True(Array.IndexOf(order, "event 1") < Array.IndexOf(order, "ack 1"), string.Join(", ", order));
        Assert.True(Array.IndexOf(order, "event 2") < Array.IndexOf(order, "ack 2"), string.Join(", ", order));
        Assert.False(first.TryGetProperty("result", out _));
        Assert.Equal(10, last.GetProperty("result").Number("value"));
    }

    [Fact]
    public async Task A_refused_repeat_below_does_not_open_the_gate_of_the_number_above()
    {
        await using var client = await JoinAsync();
        long refused = await RefusedAsync(client);

        // Many at once: a busy machine may let time pass, in which the rate allows some of them.
        await client.SendAsync(string.Join('\n', Enumerable.Range(201, 20).Select(id => $$"""{"type":"send","id":{{id}},"cmd":1,"name":"n"}""")));
        var repeats = (await client.AnswersAsync(201, 220)).Values;

        Assert.Contains(repeats, r => r.Refusal() == ("rate_limited", true));
        Assert.All(repeats, r => Assert.True(r.Flag("dup") || r.Text("code") == "rate_limited", r.GetRawText()));

        await client.SendAsync(WireClient.Command(refused + 1));

        Assert.Equal(("out_of_order", true), (await client.AnswerAsync(refused + 1)).Refusal());
    }
}
