using System.Text.Json;

using EdgeRooms.Client.Tests.Support;

using Microsoft.Extensions.Time.Testing;

namespace EdgeRooms.Client.Tests.Sessions;

/// <summary>
/// Processes that end at random moments, each leaving its store to the next, through random faults of the server; see <see cref="Seeds"/>.
/// </summary>
public sealed class ProcessTests
{
    const int Processes = 8;
    const int CommandsEach = 12;
    static readonly Faults Some = new()
    {
        Kill = 0.02,
        Refuse = 0.05,
        Lie = 0.03,
        Lose = 0.03,
        Double = 0.05,
        Overtake = 0.03,
        Forget = 0.02,
        GoAway = 0.005,
    };

    [Fact]
    public Task What_each_of_them_sent_takes_effect_once_and_in_order() => Seeds.RunAsync(RunAsync, "commands were left to a next process");

    /// <summary>Returns how many commands a next process had to go on with.</summary>
    static async Task<int> RunAsync(int seed)
    {
        var time = new FakeTimeProvider();
        var random = new Random(seed + 1);
        var server = new ModelServer(time, new Random(seed), Some);
        var store = new MemoryStore();
        int sent = 0;
        int left = 0;
        for (int process = 0; process < Processes; process++)
        {
            bool isLast = process == Processes - 1;
            var options = new EdgeRoomsClientOptions { Token = _ => Task.FromResult("jwt"), TimeProvider = time, Store = store };
            await using var client = new EdgeRoomsClient(new Uri("ws://model"), options, server.Dial, new Random(seed + 2 + process));
            var room = client.Room(Wire.Room);
            left += room.Pending.Count;
            var mine = new List<Task<SendResult>>();
            for (int n = 0; n < CommandsEach; n++, sent++)
            {
                mine.Add(room.SendAsync($"n{sent}", JsonElement.Parse("1")));
                Advance(time, random.NextDouble() * 300);
            }

            if (isLast)
            {
                server.Faults = new Faults();
                Advance(time, 120_000);
                Assert.All(mine, one => Assert.True(one.IsCompletedSuccessfully, one.Outcome()));
                Assert.Empty(room.Pending);
            }

            store.IsOver = true; // the process ends here; what its client still does is seen by nobody
            store = store.Copy();
        }

        Assert.Equal(Enumerable.Range(0, sent).Select(n => $"n{n}"), server.RoomOf(Wire.Room).Events.Select(e => e.Name));
        return left;
    }

    static void Advance(FakeTimeProvider time, double ms)
    {
        for (double passed = 0; passed < ms; passed += 5)
        {
            time.Advance(TimeSpan.FromMilliseconds(5));
        }
    }
}
