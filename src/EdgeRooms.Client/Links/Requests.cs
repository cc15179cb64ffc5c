using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client.Links;

/// <summary>
/// What waits for an answer by <c>id</c> on one connection; null is the answer where the connection went before it came. An id is never used again, so an
/// answer that comes twice finds nobody. Bounded by its askers: 256 commands a room, one page a reader.
/// </summary>
sealed class Requests
{
    readonly SortedDictionary<long, (TimeSpan At, Action<ServerFrame?> Answer)> _open = [];
    long _nextId = 1;

    /// <summary>When the oldest was sent; null where none waits.</summary>
    public TimeSpan? OldestAt => _open.Count == 0 ? null : _open.First().Value.At;

    public long Add(TimeSpan at, Action<ServerFrame?> answer)
    {
        long id = _nextId++;
        _open.Add(id, (at, answer));
        return id;
    }

    public void Answer(long id, ServerFrame? frame)
    {
        if (_open.Remove(id, out var request))
        {
            request.Answer(frame);
        }
    }

    /// <summary>The connection is gone.</summary>
    public void Drop()
    {
        foreach (long id in _open.Keys.ToArray())
        {
            Answer(id, null);
        }
    }
}
