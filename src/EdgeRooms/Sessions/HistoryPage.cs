using EdgeRooms.Events;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;

namespace EdgeRooms.Sessions;

/// <summary>A page of past events as frames, cut at 1 MiB.</summary>
sealed record HistoryPage(long Epoch, IReadOnlyList<ReadOnlyMemory<byte>> Frames, bool More)
{
    const int BytesMax = 1024 * 1024;

    public static async Task<HistoryPage> ReadAsync(
        IEventLog log, RoomKind kind, RoomId room, long after, int limit, CancellationToken cancellation)
    {
        var page = await log.ReadAsync(room, 0, after, limit, cancellation);
        var frames = new List<ReadOnlyMemory<byte>>(page.Events.Count);
        var writer = new FrameWriter();
        int bytes = 0;
        foreach (var stored in page.Events)
        {
            var frame = kind.FrameOf(writer, room, stored);
            bytes += frame.Length;
            if (frames.Count > 0 && bytes > BytesMax)
            {
                return new HistoryPage(page.Epoch, frames, true);
            }

            frames.Add(frame);
        }

        return new HistoryPage(page.Epoch, frames, page.More);
    }
}
