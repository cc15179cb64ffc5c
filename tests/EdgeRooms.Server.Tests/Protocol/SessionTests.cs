namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>Rule 4: a session is one user's, on one connection, and its numbers have one effect wherever they are sent again.</summary>
public sealed class SessionTests(RunningServer server) : IClassFixture<RunningServer>
{
    static int _tests;

    readonly string _room = $"s{Interlocked.Increment(ref _tests)}";

    Task<WireClient> JoinAsync(string user, string query = "") => WireClient.OpenAsync(server, $"/rooms/relay/{_room}{query}", server.Token(user));

    [Fact]
    public async Task A_session_of_another_user_is_gone_and_a_new_one_comes()
    {
        await using var ann = await JoinAsync("ann");
        string session = (await ann.NextAsync("welcome")).Text("session")!;

        await using var bob = await JoinAsync("bob", $"?session={session}");

        Assert.Equal("gone", (await bob.NextAsync("error")).Text("code"));
        Assert.NotEqual(session, (await bob.NextAsync("welcome")).Text("session"));
        await bob.NextAsync("joined");
        await ann.SendAsync("""{"type":"ping"}""");
        await ann.NextAsync("pong");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_session_id_that_is_not_ours_is_gone(string session)
    {
        await using var client = await WireClient.OpenAsync(server, "/rooms", server.Token("ann"));
        await client.NextAsync("welcome");
        await client.SendAsync($$"""{"type":"hello","session":"{{session}}"}""");

        Assert.Equal("gone", (await client.NextAsync("error")).Text("code"));
        Assert.NotEqual(session, (await client.NextAsync("welcome")).Text("session"));
    }

    [Fact]
    public async Task A_hello_before_the_first_join_names_a_session_and_is_welcomed_again()
    {
        await using var first = await JoinAsync("ann");
        string session = (await first.NextAsync("welcome")).Text("session")!;
        string member = (await first.NextAsync("joined")).Text("member")!;
        await using var second = await WireClient.OpenAsync(server, "/rooms", server.Token("ann"));
        await second.NextAsync("welcome");

        await second.SendAsync($$"""{"type":"hello","session":"{{session}}"}""");

        Assert.Equal(session, (await second.NextAsync("welcome")).Text("session"));
        await second.SendAsync($$"""{"type":"join","id":1,"room":"relay/{{_room}}"}""");
        Assert.Equal(member, (await second.NextAsync("joined")).Text("member"));
        Assert.Equal(4005, await first.ClosedAsync());
    }

    [Fact]
    public async Task A_hello_with_token_and_session_resumes_as_the_query_does()
    {
        await using var first = await JoinAsync("ann");
        string session = (await first.NextAsync("welcome")).Text("session")!;
        await using var second = await WireClient.OpenAsync(server, $"/rooms/relay/{_room}", null);

        await second.SendAsync($$"""{"type":"hello","token":"{{server.Token("ann")}}","session":"{{session}}"}""");

        Assert.Equal(session, (await second.NextAsync("welcome")).Text("session"));
        await second.NextAsync("joined");
    }

    [Fact]
    public async Task What_is_still_in_a_replaced_socket_has_no_effect()
    {
        await using var old = await JoinAsync("ann");
        string session = (await old.NextAsync("welcome")).Text("session")!;
        await old.NextAsync("joined");
        await using var fresh = await JoinAsync("ann", $"?session={session}");
        await fresh.NextAsync("joined");

        await old.SendAsync(string.Join('\n', Enumerable.Range(1, 20).Select(i => WireClient.Command(i))) + "\n" + """{"type":"leave","id":99}""");

        Assert.Equal(4005, await old.ClosedAsync());
        await fresh.CommandAsync(1);
        var ack = await fresh.AnswerAsync(1);
        Assert.Equal((1, false), (ack.Number("seq"), ack.Flag("dup")));
    }

    [Fact]
    public async Task Numbers_sent_again_on_a_new_connection_are_dups()
    {
        var client = await JoinAsync("ann");
        string session = (await client.NextAsync("welcome")).Text("session")!;
        await client.NextAsync("joined");
        await client.BurstAsync(1, 10);
        client.Drop();

        await using var again = await JoinAsync("ann", $"?session={session}");
        await again.NextAsync("joined");
        var answers = await again.BurstAsync(1, 11);

        Assert.All(Enumerable.Range(1, 10), i => Assert.True(answers[i].Flag("dup") && answers[i].Number("seq") >= i));
        Assert.Equal(10, answers[10].Number("seq"));
        Assert.Equal((false, 11), (answers[11].Flag("dup"), answers[11].Number("seq")));
    }

    [Fact]
    public async Task Two_sessions_of_a_user_have_numbers_of_their_own()
    {
        await using var one = await JoinAsync("ann");
        await one.NextAsync("joined");
        await using var two = await JoinAsync("ann");
        await two.NextAsync("joined");

        await one.CommandAsync(1);
        await one.AnswerAsync(1);
        await two.CommandAsync(1);

        var ack = await two.AnswerAsync(1);
        Assert.Equal((2, false), (ack.Number("seq"), ack.Flag("dup")));
    }

    [Fact]
    public async Task The_256_numbers_below_the_last_are_each_remembered_as_done_or_refused()
    {
        await using var client = await WireClient.OpenAsync(server, $"/rooms/counter/{_room}", server.Token("ann"));
        await client.NextAsync("joined");
        for (int i = 1; i <= 120; i++)
        {
            await client.CommandAsync(i, "add", i % 3 == 0 ? """{"by":"x"}""" : """{"by":1}""");
            await client.AnswerAsync(i);
        }

        for (int i = 1; i < 120; i++)
        {
            await client.CommandAsync(i, "add", """{"by":1}""");
            var repeat = await client.AnswerAsync(i);
            Assert.Equal((i, true, i % 3 == 0), (i, repeat.Flag("dup"), repeat.Flag("refused")));
        }
    }

    [Fact]
    public async Task Killed_with_9_the_room_still_knows_done_from_refused_and_skipped()
    {
        await using var own = new RunningServer();
        await own.InitializeAsync();
        var client = await WireClient.OpenAsync(own, "/rooms/counter/k", own.Token("ann"));
        string session = (await client.NextAsync("welcome")).Text("session")!;
        await client.NextAsync("joined");
        await client.CommandAsync(1, "add", """{"by":5}""");
        await client.CommandAsync(2, "nothing");
        await client.SendAsync("""{"type":"skip","id":3,"cmd":3}""");
        await client.CommandAsync(4, "add", """{"by":5}""");
        await client.AnswerAsync(4);
        await own.KillAsync();
        await own.StartAsync();

        await using var again = await WireClient.OpenAsync(own, $"/rooms/counter/k?session={session}&since=1", own.Token("ann"));

        Assert.Equal(session, (await again.NextAsync("welcome")).Text("session"));
        Assert.True((await again.NextAsync("joined")).Flag("recovered"));
        var answers = new Dictionary<long, System.Text.Json.JsonElement>();
        for (int cmd = 1; cmd <= 4; cmd++)
        {
            await again.CommandAsync(cmd, "add", """{"by":5}""");
            answers[cmd] = await again.AnswerAsync(cmd);
        }

        Assert.Equal([(true, false), (true, true), (true, true), (true, false)], answers.Values.Select(a => (a.Flag("dup"), a.Flag("refused"))));
        Assert.Equal(10, answers[4].GetProperty("result").Number("value"));
        await again.SendAsync("""{"type":"skip","id":5,"cmd":2}""");
        Assert.True((await again.AnswerAsync(5)).Flag("skipped"));
    }
}
