using System.Text.Json;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>What a room's stream holds in the end.</summary>
static class Journal
{
    /// <summary>Every event by sender and number; fails where seqs have a hole, or a number comes twice or out of its order.</summary>
    public static async Task<HashSet<(string By, long Cmd)>> ReadAsync(RunningServer server, string room)
    {
        var seen = new HashSet<(string, long)>();
        var last = new Dictionary<string, long>();
        long seq = 0;
        bool more = true;
        while (more)
        {
            var (_, body) = await server.SendAsync(HttpMethod.Get, $"/rooms/{room}/events?after={seq}&limit=500", "checker");
            var page = JsonElement.Parse(body);
            foreach (var e in page.GetProperty("events").EnumerateArray())
            {
                Assert.Equal(++seq, e.Number("seq"));
                if (e.Number("cmd") is > 0 and var cmd)
                {
                    string by = e.Text("by")!;
                    Assert.True(cmd > last.GetValueOrDefault(by), $"seq {seq}: {by} {cmd} after {last.GetValueOrDefault(by)}");
                    last[by] = cmd;
                    seen.Add((by, cmd));
                }
            }

            more = page.Flag("more");
        }

        return seen;
    }
}
