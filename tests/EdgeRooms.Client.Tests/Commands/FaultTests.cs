using System.Text.Json;

using EdgeRooms.Client.Tests.Server;
using EdgeRooms.Client.Tests.Support;

using Microsoft.Extensions.Time.Testing;

namespace EdgeRooms.Client.Tests.Commands;

/// <summary>
/// Commands through random faults, by a clock that is told; see <see cref="Seeds"/>.
/// </summary>
public sealed class FaultTests
{
    const int Commands = 60;
    const int FaultyMs = 60_000;
    const int SettledWithinMs = 600_000;
    static readonly string[] Ids = ["chat/a", "chat/b"];
    static readonly Faults Some = new()
    {
        Kill = 0.02,
        Refuse = 0.05,
        Lie = 0.03,
        Reject = 0.05,
        Lose = 0.03,
        Double = 0.05,
        Overtake = 0.03,
        Forget = 0.02,
        GoAway = 0.005,
    };

    [Fact]
    public Task Each_command_settles_once_in_order_with_at_most_one_effect_and_events_are_contiguous() => RunSeedsAsync(Some);

    [Fact]
    public Task The_same_where_sessions_end() => RunSeedsAsync(Some with { Gone = 0.3 });

    static Task RunSeedsAsync(Faults faults) => Seeds.RunAsync(seed => RunAsync(seed, faults), "connections died");

    static async Task<int> RunAsync(int seed, Faults faults)
    {
        var time = new FakeTimeProvider();
        var random = new Random(seed + 1);
        var server = new ModelServer(time, new Random(seed), faults);
        var options = new EdgeRoomsClientOptions { Token = _ => Task.FromResult("jwt"), TimeProvider = time };
        await using var writer = new EdgeRoomsClient(new Uri("ws://model"), options, server.Dial, new Random(seed + 2));
        await using var reader = new EdgeRoomsClient(new Uri("ws://model"), options, server.Dial, new Random(seed + 3));
        var rooms = Ids.Select(id => writer.Room(id, GameJson.Default.IReadOnlyListString).Optimistic((names, change) => [.. names, change.Name])).ToList();
        var all = rooms.Concat<Room>(Ids.Select(id => reader.Room(id))).ToList();
        var order = new SettleOrder();

        for (int i = 0; i < Commands; i++)
        {
            var room = rooms[random.Next(rooms.Count)];
            var stop = new CancellationTokenSource();
            order.Add(room.Id, room.SendAsync($"n{i}", JsonElement.Parse($"{i}"), stop.Token));
            if (random.NextDouble() < 0.1)
            {
                server.After(random.NextDouble() * 500, stop.Cancel);
            }

            if (random.NextDouble() < 0.5)
            {
                Advance(time, random.NextDouble() * 1_000, order);
            }
        }

        Advance(time, FaultyMs, order);
        server.Faults = new Faults();
        for (int waited = 0; !order.IsSettled && waited < SettledWithinMs; waited += 1_000)
        {
            Advance(time, 1_000, order);
        }

        Advance(time, 60_000, order); // and events to the last
        Assert.True(order.IsSettled, $"{order.Open} commands never settled");
        foreach (string id in Ids)
        {
            order.Check(id, server.RoomOf(id), mayBeUnknown: faults.Gone > 0);
        }

        foreach (var room in rooms)
        {
            Assert.Equal(server.RoomOf(room.Id).Events.Select(e => e.Name), room.State);
        }

        foreach (var room in all)
        {
            await CheckEventsAsync(room, server.RoomOf(room.Id));
        }

        return server.Kills;
    }

    static void Advance(FakeTimeProvider time, double ms, SettleOrder order)
    {
        for (double passed = 0; passed < ms; passed += 5)
        {
            time.Advance(TimeSpan.FromMilliseconds(5));
            order.Look();
        }
    }

    /// <summary>All events from the first join on, to the last, by the room's first reader.</summary>
    static async Task CheckEventsAsync(Room room, ModelRoom model)
    {
        Assert.Equal(model.Events.Count, room.Seq);
        await using var events = room.Events().GetAsyncEnumerator();
        long last = -1;
        while (last < room.Seq && model.Events.Count > 0)
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
            var next = events.Current;
            Assert.True(last < 0 || next.Seq == last + 1, $"{next.Seq} after {last}");
            Assert.Equal(model.Events[(int)next.Seq - 1].Name, next.Name);
            last = next.Seq;
            if (last == model.Events.Count)
            {
                return;
            }
        }
    }
}
