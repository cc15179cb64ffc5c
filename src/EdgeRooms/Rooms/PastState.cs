using EdgeRooms.Events;
using EdgeRooms.Protocol;

namespace EdgeRooms.Rooms;

/// <summary>
/// A room's state as it was at a seq, folded from the stream (and the snapshot where it lies before). Any thread; at most four at a time in a
/// process, since a long stream is work.
/// </summary>
sealed class PastState(RoomServices services)
{
    readonly SemaphoreSlim _folding = new(4);

    /// <summary>Null where the seq lies ahead, or its events were trimmed.</summary>
    public async Task<(long Epoch, ReadOnlyMemory<byte> State)?> ReadAsync(RoomKind kind, RoomId room, long seq, Principal reader)
    {
        await _folding.WaitAsync();
        try
        {
            var stored = (await services.Log.LoadAsync([room], CancellationToken.None))[0];
            var snapshot = stored.Snapshot is { } s && s.Version <= seq && s.Epoch == stored.Epoch ? s : null;
            if (seq > stored.Version || (stored.FirstVersion > 1 && seq < stored.FirstVersion - 1 && snapshot is null))
            {
                return null;
            }

            var then = stored with
            {
                Version = seq,
                Snapshot = snapshot,
                FirstVersion = seq == 0 ? 1 : stored.FirstVersion,
                Tail = [.. stored.Tail.Where(e => e.Version <= seq)],
                Alarms = [],
                Marks = [],
            };
            var memory = RoomMemory.ForReading(kind, new Activation(room, stored.Epoch), services);
            await new RoomLoader(services.Log).LoadAsync(memory, then, CancellationToken.None);
            return (stored.Epoch, memory.ViewOf(new Member("", reader.User, reader.DisplayName, null)));
        }
        catch (InvalidOperationException) when (seq > 0)
        {
            return null; // a gap that the kind cannot fold over
        }
        finally
        {
            _folding.Release();
        }
    }
}
