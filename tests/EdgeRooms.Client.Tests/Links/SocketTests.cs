using System.Text.Json;

using EdgeRooms.Client.Tests.Support;

namespace EdgeRooms.Client.Tests.Links;

/// <summary>Real sockets: a server that drops, delays, doubles and reorders, and tears connections in the middle of messages. A failing seed is named; EDGEROOMS_SEED takes it.</summary>
public sealed class SocketTests
{
    const int Commands = 150;
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    static readonly Faults Some = new()
    {
        Kill = 0.02,
        Refuse = 0.03,
        Lie = 0.02,
        Reject = 0.05,
        Lose = 0.03,
        Double = 0.05,
        Overtake = 0.03,
        Forget = 0.02,
    };

    [Fact]
    public async Task Each_command_settles_once_in_order_and_events_are_contiguous()
    {
        int seed = int.Parse(Environment.GetEnvironmentVariable("EDGEROOMS_SEED") ?? $"{Environment.TickCount & 0xffff}");
        var model = new ModelServer(TimeProvider.System, new Random(seed), Some, latencyMs: 3);
        await using var server = await new ModelWebServer(model).StartAsync();
        // Back-off as ever, but from the short end of its window.
        await using var client = new EdgeRoomsClient(
            server.Url, new EdgeRoomsClientOptions { Token = _ => Task.FromResult("jwt") }, dial: null, new FixedRandom { Chance = 0.01 });
        var room = client.Room("chat/a");
        var order = new SettleOrder();
        var sent = new List<Task>();
        var heard = HearAsync(room);
        for (int i = 0; i < Commands; i++)
        {
            var one = room.SendAsync($"n{i}", JsonElement.Parse($"{i}"));
            order.Add(room.Id, one);
            sent.Add(one);
            if (i % 10 == 9)
            {
                await Task.WhenAny(one).WaitAsync(Patience, TestContext.Current.CancellationToken);
            }
        }

        await Task.WhenAll(sent.Select(s => Task.WhenAny(s))).WaitAsync(Patience, TestContext.Current.CancellationToken);
        model.Faults = new Faults();
        await room.SendAsync($"n{Commands}").WaitAsync(Patience, TestContext.Current.CancellationToken);
        var names = await heard.WaitAsync(Patience, TestContext.Current.CancellationToken);

        TestContext.Current.TestOutputHelper?.WriteLine($"EDGEROOMS_SEED={seed}, {model.Kills} connections died");
        order.Look();
        lock (model.Lock)
        {
            var stored = model.RoomOf(room.Id);
            order.Check(room.Id, stored, mayBeUnknown: false);
            Assert.Equal(stored.Events.Select(e => e.Name), names);
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_tried_again_and_closing_does_not_wait_for_it()
    {
        var log = new ListLogger();
        await using (var client = new EdgeRoomsClient(new Uri("ws://127.0.0.1:9"), new EdgeRoomsClientOptions { Token = _ => Task.FromResult("jwt"), Logger = log }))
        {
            var room = client.Room("chat/a");
            var offline = new TaskCompletionSource();
            room.StatusChanged += (_, status) => _ = status == RoomStatus.Offline && offline.TrySetResult();
            await offline.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        }

        Assert.Contains(log.Lines, line => line.Text.StartsWith("No connection", StringComparison.Ordinal));
    }

    /// <summary>To the last command's event, without a hole.</summary>
    static async Task<List<string>> HearAsync(Room room)
    {
        var names = new List<string>();
        await foreach (var next in room.Events())
        {
            Assert.Equal(names.Count + 1, next.Seq);
            names.Add(next.Name);
            if (next.Name == $"n{Commands}")
            {
                break;
            }
        }

        return names;
    }
}
