using System.Threading.Channels;

using EdgeRooms.Cluster;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// Claims, loads and releases rooms in batches of up to 256, so that a thousand rooms cost a few statements (HARD-CASES 25). Room loops call it and
/// wait; one loop of its own claims and releases in order, so a release never overtakes a claim, and loads run beside it, so a room does not wait for the
/// tails and the routers of those before. Bounded by the number of rooms, each with one order at a time, and by <see cref="LoadsMax"/>. What fails,
/// fails for the rooms of that batch, which try again with pauses.
/// </summary>
sealed class RoomActivator(ILeases leases, IEventLog log, RoomDirectory directory)
{
    const int BatchRooms = 256;

    /// <summary>Loads at one time, each on a database connection of its own; while so many run, orders gather for the next batch.</summary>
    const int LoadsMax = 4;

    readonly Channel<Order> _orders = Channel.CreateUnbounded<Order>(new UnboundedChannelOptions { SingleReader = true });
    readonly SemaphoreSlim _loads = new(LoadsMax);

    public void Start() => _ = Task.Run(RunAsync); // for the life of the process; what fails in it is a batch's

    public async Task<LoadedRoom> ClaimAndLoadAsync(RoomId room)
    {
        var order = new Order(room, IsRelease: false);
        _orders.Writer.TryWrite(order); // it has no bound and is never closed
        return (await order.Done.Task)!; // null is a release's answer
    }

    /// <summary>Gives a room up; ends when it is done or failed (then the lease ends with the node).</summary>
    public async Task ReleaseAsync(RoomId room)
    {
        var order = new Order(room, IsRelease: true);
        _orders.Writer.TryWrite(order);
        await ((Task)order.Done.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

            await TryAsync(batch, batch[0].IsRelease ? ReleaseAsync : ClaimAndLoadAsync);
        }
    }

    static async Task TryAsync(List<Order> batch, Func<List<Order>, Task> work)
    {
        try
        {
            await work(batch);
        }
        catch (Exception e)
        {
            batch.ForEach(o => o.Done.TrySetException(e));
        }
    }

    async Task ReleaseAsync(List<Order> batch)
    {
        await leases.ReleaseAsync([.. batch.Select(o => o.Room)], CancellationToken.None);
        batch.ForEach(o => o.Done.TrySetResult(null));
    }

    /// <summary>Ends when the rooms are claimed; the load goes on beside what comes next.</summary>
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

        await _loads.WaitAsync();
        _ = TryAsync(granted, async orders =>
        {
            try
            {
                await LoadAsync(orders, byRoom, asking);
            }
            finally
            {
                _loads.Release();
            }
        });
    }

    async Task LoadAsync(List<Order> orders, Dictionary<RoomId, Claim> claims, Task<Dictionary<RoomId, List<Follow>>> asking)
    {
        var stored = await log.LoadAsync([.. orders.Select(o => o.Room)], CancellationToken.None);
        var follows = await asking;
        for (int i = 0; i < orders.Count; i++)
        {
            var room = orders[i].Room;
            orders[i].Done.TrySetResult(new LoadedRoom(stored[i], claims[room].Number, follows.GetValueOrDefault(room) ?? []));
        }
    }

    sealed record Order(RoomId Room, bool IsRelease)
    {
        public TaskCompletionSource<LoadedRoom?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
