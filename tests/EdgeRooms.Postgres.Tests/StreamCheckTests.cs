using EdgeRooms.Conformance;
using EdgeRooms.Events;
using static EdgeRooms.Conformance.Turns;

namespace EdgeRooms.Postgres.Tests;

public sealed class StreamCheckTests(TestCluster cluster)
{
    static readonly EffectSet Effects = default(EffectSet).With(0);

    [Fact]
    public async Task Sound_streams_have_no_problems()
    {
        await using var lab = await FilledAsync();

        var (result, lines) = await CheckAsync(lab);

        Assert.Equal((2, 6, 0), (result.Streams, result.Events, result.Problems));
        Assert.Equal("", lines);
    }

    [Theory]
    [InlineData("delete from edgerooms.mt_events where stream_id = 'a/1' and version = 2", "a/1: version 3 follows 1")]
    [InlineData("delete from edgerooms.mt_events where stream_id = 'a/1' and version = 4", "a/1: ends at version 3, its row says 4")]
    [InlineData("delete from edgerooms.mt_events where stream_id = 'a/1' and version = 1", "a/1: events up to 1 are gone and no snapshot holds them")]
    [InlineData("update edgerooms.mt_events set headers = '{\"c\":\"x\"}' where version = 3", "a/1: the headers of version 3 do not parse")]
    [InlineData("update edgerooms.mt_events set headers = headers || '{\"e\":\"!\"}' where version = 3", "a/1: the headers of version 3 do not parse")]
    [InlineData(
        "update edgerooms.mt_events set headers = '{\"s\":\"session-a\",\"c\":1}' where stream_id = 'a/1' and version = 2",
        "a/1: version 2 is command 1 of session session-a a second time")]
    [InlineData(
        "update edgerooms.mt_events set headers = '{\"s\":\"session-a\",\"c\":1}' where stream_id = 'a/1' and version = 4",
        "a/1: version 4 is command 1 of session session-a, after its 3")]
    [InlineData("update edgerooms.mt_doc_roomsnapshot set data = data || '{\"version\":9}'", "a/2: snapshot of epoch 1 version 9 is ahead of epoch 1 version 2")]
    [InlineData("insert into edgerooms.alarms values ('nowhere', 'x', gen_random_uuid(), now())", "nowhere: alarm x has no room or a bad name")]
    [InlineData("insert into edgerooms.command_marks values ('a/1', 1, 's', 5, '', 7)", "a/1: mark of session s is ahead of epoch 1 version 4")]
    public async Task What_is_broken_is_named(string damage, string problem)
    {
        await using var lab = await FilledAsync();
        await lab.ScalarAsync<object>(damage);

        var (result, lines) = await CheckAsync(lab);

        Assert.True(result.Problems > 0);
        Assert.Contains(problem, lines, StringComparison.Ordinal);
    }

    async Task<PostgresLab> FilledAsync()
    {
        var lab = (PostgresLab)await PostgresLab.OpenAsync(cluster);
        var node = await lab.StartAsync("n1");
        await using var writer = await node.Log.OpenWriterAsync(0, default);
        await writer.AppendAsync([Append(Wake("a/1"), 0, Command(1), Command(2)), Append(Wake("a/2"), 0, Event(4), Event(5))]);
        await writer.AppendAsync([Append(Wake("a/1"), 2, Part(3), Command(3))]);
        await node.Log.SaveSnapshotAsync(EventLogConformance.Snapshot(Wake("a/2"), 2), default);
        return lab;
    }

    static async Task<(StreamCheckResult Result, string Lines)> CheckAsync(PostgresLab lab)
    {
        var lines = new StringWriter();
        return (await new StreamCheck(lines).RunAsync(lab.Inspector, default), lines.ToString());
    }

    static NewEvent Command(int cmd) => Event(cmd, new EventHeaders("ann", "session-a", cmd, "member-a", Effects: Effects));

    static NewEvent Part(int cmd) => Event(cmd, new EventHeaders("ann", "session-a", cmd, "member-a"));
}
