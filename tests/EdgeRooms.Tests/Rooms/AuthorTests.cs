using System.Text.Json;

using EdgeRooms.Rooms;

namespace EdgeRooms.Tests.Rooms;

/// <summary>What a room's author has besides events: frames to members, work outside, time, chance, marks, views.</summary>
public sealed class AuthorTests
{
    public sealed record Line(string Text);

    public sealed record Book(string Lines);

    public sealed class Workshop : Room<Book>
    {
        protected override Book Initial => new("");

        [Command]
        public void Whisper(Member by, Line to) => Send(Members.Single(m => m.User == to.Text), "psst", new { From = by.User });

        [Command]
        public void Shout(Member by)
        {
            Emit(new Line("shouted"));
            Broadcast("hey", new { by.User }, but: by);
        }

        [Command]
        public void ShoutAndFail(Member by)
        {
            Broadcast("hey");
            RunOutside(_ => Task.FromResult<object>("never"));
            throw Reject("No.");
        }

        [Command]
        public void Fetch(Member by, Line what) => RunOutside(async cancellation =>
        {
            await Task.Delay(10, cancellation);
            return what.Text == "bad" ? throw new IOException("gone") : what;
        });

        protected internal override ValueTask OnMessage(object message)
        {
            Emit(message is OutsideFailed failed ? new Line($"failed: {failed.Error.Message}") : (Line)message);
            return default;
        }

        [Command]
        public void Mark(Member by) => by.Tags.Add("marked");

        [Command]
        public int Marked(Member by) => Members.Count(m => m.Tags.Contains("marked"));

        [Command]
        public void Note(Member by) => Emit(new Line($"{Now.ToUnixTimeMilliseconds()} {Random.Next(6) is >= 0 and < 6} {Clock.GetUtcNow() >= Now - TimeSpan.FromSeconds(1)}"));

        protected internal override object View(Member member) => new { You = member.User, State.Lines.Length };

        public static Book Apply(Book book, Line line) => new(book.Lines + line.Text + "\n");
    }

    readonly Task<EngineLab> _lab = EngineLab.StartAsync(kinds: RoomKind.Of<Workshop>("workshop", new RoomKindOptions()));
    long _cmd;

    async Task<LabClient> JoinAsync(string user) => await (await _lab).JoinAsync(user, "workshop/a");

    ValueTask SendAsync(LabClient client, string name, string data = "null") =>
        client.SendAsync($$"""{"type":"send","id":{{++_cmd}},"cmd":{{_cmd}},"name":"{{name}}","data":{{data}} }""");

    static string Name(JsonElement frame) => frame.GetProperty("name").GetString()!;

    static string Text(JsonElement frame) => frame.GetProperty("data").GetProperty("text").GetString()!;

    [Fact]
    public async Task Send_reaches_one_member_and_Broadcast_all_but_one()
    {
        var (ann, bob, eve) = (await JoinAsync("ann"), await JoinAsync("bob"), await JoinAsync("eve"));

        await SendAsync(ann, "whisper", """{"text":"bob"}""");
        await SendAsync(ann, "shout");
        await ann.NextAsync("event");
        await SendAsync(ann, "shout");
        await ann.NextAsync("event");

        Assert.Equal(("psst", "ann"), (Name(await bob.NextAsync("ephemeral")), bob.Seen[^1].GetProperty("data").GetProperty("from").GetString()));
        Assert.Equal("hey", Name(await bob.NextAsync("ephemeral")));
        Assert.Equal("event", bob.Seen[^2].GetProperty("type").GetString()); // after the turn's own event
        Assert.Equal("hey", Name(await eve.NextAsync("ephemeral")));
        Assert.DoesNotContain(ann.Seen, f => f.GetProperty("type").GetString() == "ephemeral");
    }

    [Fact]
    public async Task What_a_refused_turn_sent_or_started_does_not_happen()
    {
        var (ann, bob) = (await JoinAsync("ann"), await JoinAsync("bob"));

        await SendAsync(ann, "shoutAndFail");
        Assert.Equal("rejected", (await ann.NextAsync("error")).GetProperty("code").GetString());
        await SendAsync(ann, "shout");

        await bob.NextAsync("event");
        Assert.Equal("ann", (await bob.NextAsync("ephemeral")).GetProperty("data").GetProperty("user").GetString());
        Assert.Single(bob.Seen, f => f.GetProperty("type").GetString() == "ephemeral");
    }

    [Fact]
    public async Task Work_outside_comes_back_as_a_turn_of_its_own_and_its_failure_too()
    {
        var ann = await JoinAsync("ann");

        await SendAsync(ann, "fetch", """{"text":"good"}""");
        Assert.Equal("good", Text(await ann.NextAsync("event")));
        Assert.Contains(ann.Seen, f => f.GetProperty("type").GetString() == "ack"); // the command did not wait for it
        await SendAsync(ann, "fetch", """{"text":"bad"}""");

        Assert.Equal("failed: gone", Text(await ann.NextAsync("event")));
    }

    [Fact]
    public async Task The_turns_time_is_its_events_and_chance_and_clock_are_there()
    {
        var ann = await JoinAsync("ann");

        await SendAsync(ann, "note");

        var noted = await ann.NextAsync("event");
        Assert.Equal($"{noted.GetProperty("at").GetInt64()} True True", Text(noted));
    }

    [Fact]
    public async Task Tags_are_the_rooms_marks_on_its_members()
    {
        var (ann, bob) = (await JoinAsync("ann"), await JoinAsync("bob"));

        await SendAsync(bob, "mark");
        await bob.NextAsync("ack");
        await SendAsync(ann, "marked");

        Assert.Equal(1, (await ann.NextAsync("ack")).GetProperty("result").GetInt32());
    }

    [Fact]
    public async Task Each_member_sees_its_own_view()
    {
        var ann = await JoinAsync("ann");
        await SendAsync(ann, "shout");
        await ann.NextAsync("ack");

        await JoinAsync("bob");
        var bob = await JoinAsync("bob");

        var state = bob.Seen.First(f => f.GetProperty("type").GetString() == "joined").GetProperty("state");
        Assert.Equal(("bob", 8), (state.GetProperty("you").GetString(), state.GetProperty("length").GetInt32()));
    }
}
