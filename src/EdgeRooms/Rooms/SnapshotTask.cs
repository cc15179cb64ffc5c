using EdgeRooms.Diagnostics;
using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// Stores a room's snapshot while the room goes on: taken on the loop with nothing held (so of committed state only), written by a task that the
/// loop awaits before it ends, and which tells it so. One at a time; a failed one is made good by the next.
/// </summary>
sealed class SnapshotTask(RoomServices services, Action ended)
{
    Task _running = Task.CompletedTask;
    volatile bool _isRunning;

    public bool IsRunning => _isRunning;

    public Task EndedAsync() => _running;

    public void Start(RoomMemory memory)
    {
        var snapshot = SnapshotCodec.Write(memory);
        memory.SnapshotVersion = snapshot.Version;
        long trimTo = memory.Kind.Options.RetainEvents is { } retain ? snapshot.Version - retain : 0;
        if (trimTo >= memory.FirstSeq)
        {
            // Told as gone before they go: a resume from there is answered by the state.
            memory.FirstSeq = trimTo + 1;
        }

        _isRunning = true;
        _running = RunAsync(snapshot, trimTo);
    }

    async Task RunAsync(StoredSnapshot snapshot, long trimTo)
    {
        await SaveAsync(snapshot, trimTo);
        _isRunning = false;
        ended();
    }

    async Task SaveAsync(StoredSnapshot snapshot, long trimTo)
    {
        try
        {
            if (!await services.Log.SaveSnapshotAsync(snapshot, CancellationToken.None) || trimTo <= 0)
            {
                return;
            }
        }
        catch (Exception e)
        {
            services.Logger.SnapshotFailed(e, snapshot.Room);
            return;
        }

        try
        {
            await services.Log.TrimAsync(snapshot.Room, snapshot.Epoch, trimTo, CancellationToken.None);
        }
        catch (Exception e)
        {
            services.Logger.TrimFailed(e, snapshot.Room);
        }
    }
}
