using System.Text.Json;

using EdgeRooms.Client.Links;
using EdgeRooms.Client.Tests.Support;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Tests.Links;

/// <summary>The socket: close codes, back-off, goaway, tokens, silence.</summary>
public sealed class LinkTests
{
    [Fact]
    public void Back_off_is_full_jitter_from_250_ms_doubling_to_20_s()
    {
        Assert.Equal([250, 500, 1_000, 16_000, 20_000, 20_000], new[] { 0, 1, 2, 6, 7, 100 }.Select(n => Backoff.Draw(n, 1).TotalMilliseconds));
        Assert.Equal((1_000, 0), (Backoff.Draw(3, 0.5).TotalMilliseconds, Backoff.Draw(3, 0).TotalMilliseconds));
    }

    [Fact]
    public void Close_codes_say_what_to_do_by_their_ranges()
    {
        Assert.All([4000, 4001, 4002, 4003, 4004, 4005, 4099], code => Assert.Equal(NextStep.Stop, AfterClose.Of(code, "").Next));
        Assert.All([4100, 4101, 4108, 4199], code => Assert.Equal(new AfterClose(NextStep.BackOff, AttemptMin: 3), AfterClose.Of(code, "")));
        Assert.All([4200, 4201, 4202, 4299], code => Assert.Equal(NextStep.Now, AfterClose.Of(code, "").Next));
        Assert.All([1000, 1001, 1006, 1009, 1011, 1012, 4500], code => Assert.Equal(NextStep.BackOff, AfterClose.Of(code, "").Next));
        Assert.Equal(NextStep.FreshToken, AfterClose.Of(1008, "").Next);
    }

    [Theory]
    [InlineData(4001, "kicked")]
    [InlineData(4002, "bad_frame")]
    [InlineData(4003, "forbidden")]
    [InlineData(4004, "unknown_kind")]
    [InlineData(4005, "replaced")]
    [InlineData(4050, "kicked")]
    public async Task A_close_code_that_says_stop_ends_the_attempts_and_fails_what_waits(int code, string expected)
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        all.Connection.Socket.End(code);
        all.Advance(60_000);

        Assert.Equal(("outcome_unknown", RoomStatus.Closed), (sent.Outcome(), all.Room.Status));
        Assert.Single(all.Server.Connections);
        Assert.Equal(expected, (await Assert.ThrowsAsync<EdgeRoomsException>(() => all.Heard.EventsAsync(1))).Code);
        Assert.Contains(all.Log.Lines, line => line.Level == LogLevel.Warning && line.Text.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Codes_of_4200_come_back_at_once_those_of_4100_after_a_longer_wait()
    {
        await using var all = Setup.Live();
        all.Connection.Socket.End(4200);
        all.Advance(5);
        var second = all.Server.Next().LetIn(new { recovered = true });
        all.Advance(6_000);
        double from = all.NowMs;
        second.Socket.End(4100);
        all.Reconnected();

        Assert.InRange(all.NowMs - from, 1_000, 1_010);
    }

    [Fact]
    public async Task Coming_back_at_once_does_not_become_a_tight_loop()
    {
        await using var all = Setup.Live();
        double from = all.NowMs;
        var connection = all.Connection;
        for (int times = 0; times < 8; times++)
        {
            connection.Socket.End(4200);
            connection = all.Reconnected().LetIn(new { recovered = true });
        }

        Assert.True(all.NowMs - from > 1_000);
    }

    [Fact]
    public async Task A_connection_that_lasted_makes_the_back_off_begin_anew()
    {
        await using var all = Setup.Live();
        for (int times = 0; times < 6; times++)
        {
            all.Advance(6_000);
            double from = all.NowMs;
            all.Reconnect().LetIn(new { recovered = true });
            Assert.InRange(all.NowMs - from, 0, 260);
        }
    }

    [Fact]
    public async Task A_goaway_is_followed_within_its_window_and_the_connection_is_used_until_then()
    {
        await using var all = Setup.Live();
        all.Connection.Say(new { type = "goaway", reason = "drain", minDelayMs = 3_000, maxDelayMs = 4_000 }, Wire.Event(1));
        var second = all.Reconnected();
        all.Connection.Socket.End(4005); // by the server, for the older connection of the session
        second.LetIn(new { recovered = true, seq = 1 });

        Assert.InRange(all.NowMs, 3_000, 4_010);
        Assert.Equal(4999, all.Connection.ClosedWith);
        Assert.Equal([1], await all.Heard.SeqsAsync(1));
        Assert.Equal(RoomStatus.Live, all.Room.Status);
    }

    [Fact]
    public async Task A_goaways_window_wins_also_when_the_server_closes_first()
    {
        await using var all = Setup.Live();
        all.Connection.Say(new { type = "goaway", reason = "drain", minDelayMs = 3_000, maxDelayMs = 4_000 });
        all.Connection.Socket.End(1012);
        all.Reconnected();

        Assert.InRange(all.NowMs, 3_000, 4_010);
    }

    [Fact]
    public async Task Each_connect_asks_for_a_fresh_token()
    {
        int asked = 0;
        await using var all = Setup.Live(token: _ => Task.FromResult($" jwt{++asked}\n"));
        all.Connection.Socket.End(4202);
        all.Advance(5);

        Assert.Equal("jwt1", all.Connection.All("hello")[0].Text("token"));
        Assert.Equal("jwt2", all.Server.Next().All("hello")[0].Text("token"));
    }

    [Fact]
    public async Task A_token_that_is_refused_twice_ends_the_attempts_in_words()
    {
        await using var all = new Setup();
        all.Open();
        all.Server.Next().Socket.End(1008, "Invalid token");
        all.Reconnected().Socket.End(1008, "Invalid token");

        var error = await Assert.ThrowsAsync<EdgeRoomsException>(() => all.Heard.EventsAsync(1));
        Assert.Equal(("unauthenticated", RoomStatus.Closed), (error.Code, all.Room.Status));
        Assert.Matches("chat/lobby: .*Invalid token.*'Token' option", error.Message);
    }

    [Fact]
    public async Task A_token_provider_that_fails_is_asked_again_one_that_says_never_ends_the_attempts()
    {
        int fails = 2;
        await using var all = new Setup(_ => fails-- > 0 ? throw new HttpRequestException("offline") : Task.FromResult("jwt"));
        all.Open();
        all.Reconnected();
        await using var other = new Setup(_ => throw new EdgeRoomsException("forbidden", "Log in."));
        other.Open();

        Assert.Equal(-1, fails);
        Assert.Equal(RoomStatus.Closed, other.Room.Status);
    }

    [Fact]
    public async Task A_fresh_token_goes_by_auth_before_the_old_one_ends()
    {
        int asked = 0;
        await using var all = Setup.Live(
            token: _ => Task.FromResult($"jwt{++asked}"), welcomed: new { expiresAt = Setup.Begin.AddSeconds(600).ToUnixTimeMilliseconds() });
        for (int seconds = 0; seconds < 530; seconds += 10)
        {
            all.Advance(10_000);
            all.Connection.Say(new { type = "head", room = Wire.Room, seq = 0 });
        }

        Assert.Empty(all.Connection.Take("auth"));
        all.Advance(10_005);
        var auth = Assert.Single(all.Connection.Take("auth"));
        all.Connection.Say(new { type = "authed", id = auth.Number("id"), expiresAt = all.Time.GetUtcNow().AddSeconds(20).ToUnixTimeMilliseconds() });
        all.Advance(10_005);

        Assert.Equal("jwt2", auth.Text("token"));
        Assert.Equal("jwt3", Assert.Single(all.Connection.Take("auth")).Text("token"));
    }

    [Fact]
    public async Task A_clock_of_ours_that_is_wrong_does_not_make_auth_a_loop()
    {
        await using var all = Setup.Live(welcomed: new { expiresAt = 1 });
        all.Advance(29_000);
        Assert.Empty(all.Connection.Take("auth"));
    }

    [Fact]
    public async Task A_socket_that_neither_opens_nor_fails_is_given_up()
    {
        await using var all = new Setup();
        all.Open();
        all.Advance(16_000);

        Assert.Equal(2, all.Server.Connections.Count);
        Assert.Equal(4999, all.Server.Connections[0].ClosedWith);
    }

    [Fact]
    public async Task Silence_is_asked_after_and_a_connection_that_does_not_answer_is_replaced()
    {
        await using var all = Setup.Live();
        all.Advance(40_000);
        Assert.Single(all.Connection.Take("ping"));
        all.Connection.Say(new { type = "pong" });
        all.Advance(37_500);
        Assert.Single(all.Connection.Take("ping"));
        all.Advance(5_010);

        Assert.Equal(2, all.Server.Connections.Count);
    }

    [Fact]
    public async Task A_machine_that_slept_asks_again_instead_of_taking_its_own_silence_for_the_servers()
    {
        await using var all = Setup.Live();
        all.Advance(38_000);
        all.Time.Advance(TimeSpan.FromHours(0.5));
        Assert.Single(all.Server.Connections);
        all.Connection.Say(new { type = "pong" });
        all.Advance(6_000);

        Assert.Equal(RoomStatus.Live, all.Room.Status);
    }

    [Fact]
    public async Task What_speaks_no_JSON_is_no_EdgeRooms_and_is_left()
    {
        await using var all = Setup.Live();
        all.Connection.Say("<html>Please log in to this network</html>");
        all.Reconnected().LetIn(new { recovered = true });

        Assert.Equal(RoomStatus.Live, all.Room.Status);
    }

    [Fact]
    public async Task Another_users_token_leaves_nothing_of_the_one_before()
    {
        await using var all = Setup.Live();
        var sent = all.Room.SendAsync("a");
        all.Connection.Drop();
        var waiting = all.Room.SendAsync("b");
        var second = all.Reconnected();
        second.Say(new { type = "error", code = "gone", message = "Not yours.", retry = false });
        second.LetIn(welcomed: new { user = "bob", session = "s2" });

        Assert.Equal(("outcome_unknown", "user_changed", "bob"), (sent.Outcome(), waiting.Outcome(), all.Client.User));
        Assert.Empty(second.All("send"));
        _ = all.Room.SendAsync("c");
        Assert.Equal([1], second.All("send").Cmds());
    }

    [Fact]
    public async Task Closing_closes_with_1000_and_nothing_follows()
    {
        await using var all = Setup.Live();
        await all.Client.DisposeAsync();
        all.Advance(60_000);

        Assert.Equal(1000, all.Connection.ClosedWith);
        Assert.Single(all.Server.Connections);
        Assert.Empty(await all.Heard.EventsAsync(1));
    }

    [Fact]
    public async Task Closing_does_not_wait_for_a_token_provider_that_never_answers()
    {
        await using var all = new Setup(_ => new TaskCompletionSource<string>().Task);
        var room = all.Open();
        await all.Client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.Equal(RoomStatus.Closed, room.Status);
        Assert.Empty(all.Server.Connections);
    }

    [Fact]
    public async Task The_log_has_neither_token_nor_payload()
    {
        await using var all = Setup.Live(token: _ => Task.FromResult("secret-token"));
        _ = all.Room.SendAsync("a", JsonElement.Parse("\"secret-data\""));
        all.Connection.Say(Wire.Refusal(all.Connection.Take("send")[0], "rejected", retry: false));
        all.Reconnect().LetIn();

        Assert.NotEmpty(all.Log.Lines);
        Assert.DoesNotContain(all.Log.Lines, line => line.Text.Contains("secret", StringComparison.Ordinal));
    }
}
