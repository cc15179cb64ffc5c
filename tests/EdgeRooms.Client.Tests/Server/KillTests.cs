using EdgeRooms.Server.Tests.Protocol;

namespace EdgeRooms.Client.Tests.Server;

/// <summary>The real server killed under clients that are at work.</summary>
public sealed class KillTests
{
    const int Clients = 3;
    const int Commands = 120;
    const int AtOnce = 8;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Killed_with_9_and_restarted_twice_each_command_is_in_the_stream_once()
    {
        var server = new RunningServer();
        await server.InitializeAsync();
        await using var end = server;
        int answered = 0;
        var third = new TaskCompletionSource();
        var twoThirds = new TaskCompletionSource();
        void OnAnswer()
        {
            int count = Interlocked.Increment(ref answered);
            _ = count >= Clients * Commands / 3 && third.TrySetResult();
            _ = count >= Clients * Commands * 2 / 3 && twoThirds.TrySetResult();
        }

        var playing = Enumerable.Range(0, Clients).Select(n => PlayAsync(server, $"u{n}", OnAnswer)).ToList();
        foreach (var moment in new[] { third, twoThirds })
        {
            await moment.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
            await server.KillAsync();
            await server.StartAsync();
        }

        var heard = await Task.WhenAll(playing).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await using var checker = Client(server, "checker");
        var stored = await checker.Room("relay/kill").HistoryAsync(0, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(1, Clients * Commands).Select(n => (long)n), stored.Select(e => e.Seq));
        foreach (var own in stored.GroupBy(e => e.By))
        {
            Assert.Equal(Enumerable.Range(0, Commands).Select(n => $"n{n}"), own.Select(e => e.Name));
        }

        Assert.All(heard, seqs => Assert.Equal(stored.Select(e => e.Seq), seqs));
    }

    /// <summary>Sends its commands, a few at once, and hears everybody's; returns the seqs it heard.</summary>
    static async Task<List<long>> PlayAsync(RunningServer server, string user, Action onAnswer)
    {
        await using var client = Client(server, user);
        await using var room = client.Room("relay/kill", new RoomOptions { History = 500 });
        var hearing = room.Events().Take(Clients * Commands).Select(e => e.Seq).ToListAsync();
        for (int n = 0; n < Commands; n += AtOnce)
        {
            var sent = Enumerable.Range(n, AtOnce).Select(i => room.SendAsync($"n{i}")).ToList();
            foreach (var one in sent)
            {
                await one;
                onAnswer();
            }
        }

        return await hearing;
    }

    static EdgeRoomsClient Client(RunningServer server, string user) =>
        new(new Uri($"http://127.0.0.1:{server.Port}"), new EdgeRoomsClientOptions { Token = _ => Task.FromResult(server.Token(user)) });
}
