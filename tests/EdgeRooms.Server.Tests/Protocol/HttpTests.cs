using System.Net;
using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>Rooms over HTTP: states, pages, commands, live streams, and problems with their codes.</summary>
public sealed class HttpTests(RunningServer server) : IClassFixture<RunningServer>
{
    static int _tests;

    readonly string _path = $"/rooms/counter/h{Interlocked.Increment(ref _tests)}";

    async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path, params (string, string)[] headers)
    {
        var (status, body) = await server.SendAsync(HttpMethod.Get, path, "ann", null, headers);
        return (status, JsonElement.Parse(body));
    }

    async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string body, params (string, string)[] headers)
    {
        var (status, text) = await server.SendAsync(HttpMethod.Post, _path + "/commands", "ann", body, headers);
        return (status, JsonElement.Parse(text));
    }

    async Task AddAsync(int times)
    {
        for (int i = 0; i < times; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await PostAsync("""{"name":"add","data":{"by":1}}""")).Status);
        }
    }

    [Fact]
    public async Task A_room_without_events_is_there_with_seq_0()
    {
        var (status, body) = await GetAsync(_path);

        Assert.Equal((HttpStatusCode.OK, 0, "1"), (status, body.Number("seq"), body.Text("epoch")));
        Assert.Equal((_path["/rooms/".Length..], 0, 0),
            (body.Text("room"), body.GetProperty("state").Number("value"), body.GetProperty("members").GetArrayLength()));
    }

    [Fact]
    public async Task The_state_is_told_as_it_is_and_as_it_was()
    {
        await AddAsync(5);

        var now = (await GetAsync(_path)).Body;
        var then = (await GetAsync(_path + "?at=3")).Body;
        var first = (await GetAsync(_path + "?at=0")).Body;
        var ahead = await GetAsync(_path + "?at=6");
        var wrong = await GetAsync(_path + "?at=x");

        Assert.Equal((5, 5), (now.Number("seq"), now.GetProperty("state").Number("value")));
        Assert.Equal((3, 3), (then.Number("seq"), then.GetProperty("state").Number("value")));
        Assert.Equal((0, 0), (first.Number("seq"), first.GetProperty("state").Number("value")));
        Assert.Equal("gone", ahead.Body.Text("code"));
        Assert.Equal((HttpStatusCode.BadRequest, "bad_frame"), (wrong.Status, wrong.Body.Text("code")));
    }

    [Fact]
    public async Task Pages_have_100_events_by_default_and_500_at_most()
    {
        await using (var client = await WireClient.OpenAsync(server, _path, server.Token("ann")))
        {
            await client.NextAsync("joined");
            for (int i = 1; i <= 510; i++)
            {
                await client.CommandAsync(i, "add", """{"by":1}""");
                if (i > 100)
                {
                    await client.AnswerAsync(i - 100);
                }
            }

            await client.AnswerAsync(510);
        }

        var small = (await GetAsync(_path + "/events")).Body;
        var large = (await GetAsync(_path + "/events?limit=100000")).Body;
        var rest = (await GetAsync(_path + "/events?after=500&limit=500")).Body;

        Assert.Equal((100, true), (small.GetProperty("events").GetArrayLength(), small.Flag("more")));
        Assert.Equal((500, true), (large.GetProperty("events").GetArrayLength(), large.Flag("more")));
        Assert.Equal((10, false), (rest.GetProperty("events").GetArrayLength(), rest.Flag("more")));
        Assert.Equal((501, "added"), (rest.GetProperty("events")[0].Number("seq"), rest.GetProperty("events")[0].Text("name")));
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync(_path + "/events?limit=0")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await GetAsync(_path + "/events?after=-1")).Status);
    }

    [Fact]
    public async Task A_key_makes_a_command_happen_once_for_its_user_and_room()
    {
        var key = ("Idempotency-Key", "k");
        var first = await PostAsync("""{"name":"add","data":{"by":5}}""", key);
        var again = await PostAsync("""{"name":"add","data":{"by":5}}""", key);
        var other = await PostAsync("""{"name":"add","data":{"by":6}}""", key);
        var bob = await server.SendAsync(HttpMethod.Post, _path + "/commands", "bob", """{"name":"add","data":{"by":6}}""", key);

        Assert.Equal((HttpStatusCode.OK, 1, 5, false), (first.Status, first.Body.Number("seq"), first.Body.GetProperty("result").Number("value"), first.Body.Flag("dup")));
        Assert.Equal((HttpStatusCode.OK, 1, 5, true), (again.Status, again.Body.Number("seq"), again.Body.GetProperty("result").Number("value"), again.Body.Flag("dup")));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, 422), (other.Status, other.Body.Number("status")));
        Assert.NotNull(other.Body.Text("code"));
        Assert.Equal(2, JsonElement.Parse(bob.Body).Number("seq"));
    }

    [Fact]
    public async Task Many_at_once_with_one_key_happen_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PostAsync("""{"name":"add","data":{"by":1}}""", ("Idempotency-Key", "same"))));

        Assert.All(answers, a => Assert.Equal((HttpStatusCode.OK, 1), (a.Status, a.Body.Number("seq"))));
        Assert.Equal(1, (await GetAsync(_path)).Body.GetProperty("state").Number("value"));
    }

    [Theory]
    [InlineData("""{"name":"nothing"}""", HttpStatusCode.Conflict, "rejected")]
    [InlineData("""{"name":"add","data":{"by":"x"}}""", HttpStatusCode.Conflict, "rejected")]
    [InlineData("""{"data":{"by":1}}""", HttpStatusCode.BadRequest, "bad_frame")]
    [InlineData("""{"name":"add","data":"\u0000"}""", HttpStatusCode.BadRequest, "bad_frame")]
    [InlineData("""{"name":"add"} {}""", HttpStatusCode.BadRequest, "bad_frame")]
    [InlineData("", HttpStatusCode.BadRequest, "bad_frame")]
    [InlineData("[1]", HttpStatusCode.BadRequest, "bad_frame")]
    public async Task A_command_that_is_not_taken_says_why(string body, HttpStatusCode expected, string code)
    {
        var (status, problem) = await PostAsync(body);

        Assert.Equal((expected, code, (int)expected), (status, problem.Text("code"), problem.Number("status")));
        Assert.False(string.IsNullOrEmpty(problem.Text("detail")) || string.IsNullOrEmpty(problem.Text("title")));
    }

    [Fact]
    public async Task A_body_over_FrameBytes_is_413()
    {
        var (status, problem) = await PostAsync($$"""{"name":"add","data":"{{new string('x', 66_000)}}"}""");

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "too_large"), (status, problem.Text("code")));
    }

    [Fact]
    public async Task Who_one_is_and_what_there_is_are_problems_with_codes()
    {
        using var bare = await server.Http.GetAsync($"http://127.0.0.1:{server.Port}{_path}");
        var bad = await GetAsync(_path, ("Authorization", "Bearer a.b.c"));
        var query = await server.Http.GetAsync($"http://127.0.0.1:{server.Port}{_path}?token={server.Token("ann")}");

        Assert.Equal((HttpStatusCode.Unauthorized, "application/problem+json"), (bare.StatusCode, bare.Content.Headers.ContentType!.MediaType));
        Assert.Equal("unauthenticated", JsonElement.Parse(await bare.Content.ReadAsStringAsync()).Text("code"));
        Assert.Equal((HttpStatusCode.Unauthorized, "unauthenticated"), (bad.Status, bad.Body.Text("code")));
        Assert.Equal(HttpStatusCode.OK, query.StatusCode);
        Assert.Equal((HttpStatusCode.NotFound, "unknown_kind"), ((await GetAsync("/rooms/nothing/x")) is var none ? none.Status : 0, none.Body.Text("code")));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_room"), ((await GetAsync("/rooms/counter/a.b")) is var invalid ? invalid.Status : 0, invalid.Body.Text("code")));
        Assert.Equal("invalid_room", (await GetAsync("/rooms/counter/a/b")).Body.Text("code"));
    }

    [Fact]
    public async Task Health_readiness_and_metrics_answer_without_a_token_and_name_none()
    {
        await AddAsync(1);
        using var alive = await server.Http.GetAsync($"http://127.0.0.1:{server.Port}/healthz");
        using var ready = await server.Http.GetAsync($"http://127.0.0.1:{server.Port}/readyz");
        string metrics = await server.Http.GetStringAsync($"http://127.0.0.1:{server.Port}/metrics");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (alive.StatusCode, ready.StatusCode));
        Assert.Contains("edgerooms", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", metrics, StringComparison.Ordinal);
    }
}
