using EdgeRooms.Client.Links;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>
/// The protocol's rules for commands and streams, in memory, with latency by a clock, and every fault of <see cref="Faults"/> at random. One lock for all of it.
/// </summary>
sealed class ModelServer(TimeProvider time, Random random, Faults faults, double latencyMs = 40)
{
    public Lock Lock { get; } = new();

    public Dictionary<string, ModelRoom> Rooms { get; } = [];

    public HashSet<ModelLink> Links { get; } = [];

    public Faults Faults { get; set; } = faults;

    public int Sessions { get; set; }

    public int Kills { get; set; }

    public Random Random => random;

    public double LatencyMs => latencyMs;

    public TimeProvider Time => time;

    /// <summary>For clients in this process.</summary>
    public ISocket Dial(ISocketOwner owner)
    {
        var socket = new MemorySocket(owner);
        After(latencyMs, () =>
        {
            if (Happens(Faults.Kill))
            {
                socket.End(1006);
                return;
            }

            var link = new ModelLink(this, socket.Deliver, code => socket.End(code));
            socket.Sent = link.Hear;
            socket.Closed = _ => link.Die();
            socket.Accept();
        });
        return socket;
    }

    public bool Happens(double chance) => random.NextDouble() < chance;

    public ModelRoom RoomOf(string id)
    {
        if (!Rooms.TryGetValue(id, out var room))
        {
            Rooms[id] = room = new ModelRoom();
        }

        return room;
    }

    public void After(double ms, Action act)
    {
        ITimer? timer = null;
        timer = time.CreateTimer(
            _ =>
            {
                act();
                timer?.Dispose();
            },
            null, TimeSpan.FromMilliseconds(Math.Max(1, ms)), Timeout.InfiniteTimeSpan);
    }
}
