using EdgeRooms.Cluster;
using EdgeRooms.Diagnostics;

namespace EdgeRooms.Rooms;

/// <summary>The routers that this node talks with, and what they report of their members.</summary>
sealed partial class RoomDirectory
{
    /// <summary>Takes a router in, and asks it what it follows of the rooms that are here.</summary>
    public async Task AttachAsync(IRouterLink router)
    {
        RoomId[] rooms;
        lock (_lock)
        {
            _routers = _routers.Add(router);
            rooms = [.. _loops.Keys];
        }

        foreach (var part in rooms.Chunk(AskRooms))
        {
            Deliver(router, await router.AskAsync(part));
        }
    }

    /// <summary>The router is gone, with its members' sockets.</summary>
    public void Detach(IRouterLink router)
    {
        List<RoomLoop> loops;
        lock (_lock)
        {
            _routers = _routers.Remove(router);
            loops = [.. _loops.Values];
        }

        loops.ForEach(l => l.LoseRouter(router));
    }

    /// <summary>What each router follows of these rooms, by room. A router that does not answer in time is taken in when it does.</summary>
    public async Task<Dictionary<RoomId, List<Follow>>> AskAsync(IReadOnlyList<RoomId> rooms)
    {
        var asked = _routers.Select(r => (Router: r, Answer: r.AskAsync(rooms).AsTask())).ToList();
        var all = Task.WhenAll(asked.Select(a => a.Answer));
        await Task.WhenAny(all, Task.Delay(AskWithin, _services.Clock));
        var follows = new Dictionary<RoomId, List<Follow>>();
        foreach (var (router, answer) in asked)
        {
            if (!answer.IsCompleted)
            {
                _ = DeliverLateAsync(router, answer); // observed: it catches all
            }
            else if (answer.IsCompletedSuccessfully)
            {
                foreach (var report in answer.Result)
                {
                    (follows.TryGetValue(report.Room, out var list) ? list : follows[report.Room] = []).Add(new Follow(router, report));
                }
            }
        }

        return follows;
    }

    async Task DeliverLateAsync(IRouterLink router, Task<IReadOnlyList<FeedReport>> answer)
    {
        await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answer.IsCompletedSuccessfully)
        {
            Deliver(router, answer.Result);
        }
    }

    void Deliver(IRouterLink router, IReadOnlyList<FeedReport> reports)
    {
        lock (_lock)
        {
            foreach (var report in reports)
            {
                if (_loops.TryGetValue(report.Room, out var loop))
                {
                    loop.Add(new Follow(router, report));
                }
            }
        }
    }
}
