using System.Threading.Channels;

using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// Claims, loads and releases rooms in batches of up to 256, so that a thousand rooms cost a few statements (HARD-CASES 25). Room loops call it and
/// wait; one loop of its own works in order, so a release never overtakes a claim. Bounded by the number of rooms, each with one order at a
/// time. What fails, fails for the rooms of that batch, which try again with pauses.
/// </summary>
sealed class RoomActivator(ILeases leases, IEventLog log, RoomDirectory directory)
{
    const int BatchRooms = 256;

    readonly Channel<Order> _orders = Channel.CreateUnbounded<Order>(new UnboundedChannelOptions { SingleReader = true });
    Task _loop = Task.CompletedTask;

    public void Start() => _loop = Task.Run(RunAsync);

    public async Task StopAsync()
    {
        _orders.Writer.TryComplete();
        await _loop;
    }

    public async Task<LoadedRoom> ClaimAndLoadAsync(RoomId room)
    {
        var order = new Order(room, IsRelease: false);
        if (!_orders.Writer.TryWrite(order))
        {
            throw new OperationCanceledException("The node is stopping.");
        }

        return (await order.Done.Task)!; // null is a release's answer
    }

    /// <summary>Gives a room up; ends when it is done or failed (then the lease ends with the node).</summary>
    public async Task ReleaseAsync(RoomId room)
    {
        var order = new Order(room, IsRelease: true);
        if (_orders.Writer.TryWrite(order))
        {
            await ((Task)order.Done.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task RunAsync()
    {
        while (await _orders.Reader.WaitToReadAsync())
        {
            var batch = new List<Order>();
            while (batch.Count < BatchRooms && _orders.Reader.TryPeek(out var next)
                && (batch.Count == 0 || next.IsRelease == batch[0].IsRelease))
            {
                _orders.Reader.TryRead(out _);
                batch.Add(next);
            }

            try
            {
                await (batch[0].IsRelease ? ReleaseAsync(batch) : ClaimAndLoadAsync(batch));
            }
            catch (Exception e)
            {
                batch.ForEach(o => o.Done.TrySetException(e));
            }
        }
    }

    async Task ReleaseAsync(List<Order> batch)
    {
        await leases.ReleaseAsync([.. batch.Select(o => o.Room)], CancellationToken.None);
        batch.ForEach(o => o.Done.TrySetResult(null));
    }

    async Task ClaimAndLoadAsync(List<Order> batch)
    {
        var asking = directory.AskAsync([.. batch.Select(o => o.Room)]);
        var claims = await leases.ClaimAsync([.. batch.Select(o => o.Room)], CancellationToken.None);
        var byRoom = claims.ToDictionary(c => c.Room);
        foreach (var order in batch.Where(o => !byRoom[o.Room].IsGranted))
        {
            order.Done.TrySetException(new RoomElsewhereException(order.Room, byRoom[order.Room].Owner!));
        }

        var granted = batch.Where(o => byRoom[o.Room].IsGranted).ToList();
        if (granted.Count == 0)
        {
            return;
        }

        var stored = await log.LoadAsync([.. granted.Select(o => o.Room)], CancellationToken.None);
        var follows = await asking;
        for (int i = 0; i < granted.Count; i++)
        {
            granted[i].Done.TrySetResult(new LoadedRoom(
                stored[i], byRoom[granted[i].Room].Number, follows.GetValueOrDefault(granted[i].Room) ?? []));
        }
    }

    sealed record Order(RoomId Room, bool IsRelease)
    {
        public TaskCompletionSource<LoadedRoom?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
