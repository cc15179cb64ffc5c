using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

using EdgeRooms.Cluster;

namespace EdgeRooms.Rooms;

/// <summary>
/// What waits for a room: mail that anybody puts in, and the requests among it that the loop has taken but not run. Written from any thread, read by
/// the room's loop alone. Bounded: requests by a maximum; the rest by itself (one decision a batch, one tick, one message an outside work).
/// </summary>
sealed class RoomInbox(int requestsMax)
{
    readonly Channel<object> _mail = Channel.CreateUnbounded<object>(new UnboundedChannelOptions { SingleReader = true });
    readonly Queue<RoomRequest> _backlog = new();
    readonly List<RoomRequest> _late = [];
    int _waiting;
    bool _isSealed;

    /// <summary>Whether no request waits, taken or not. Any thread.</summary>
    public bool IsEmpty => Volatile.Read(ref _waiting) == 0;

    /// <summary>Whether no request waits that the loop is to run.</summary>
    public bool HasRunAll => _backlog.Count == 0;

    /// <summary>False where too many wait.</summary>
    public bool TryPost(RoomRequest request)
    {
        if (Interlocked.Increment(ref _waiting) > requestsMax)
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        return _mail.Writer.TryWrite(request);
    }

    /// <summary>Requests that an earlier loop of the room had taken: not counted against the maximum.</summary>
    public void Adopt(IReadOnlyList<RoomRequest> requests)
    {
        Interlocked.Add(ref _waiting, requests.Count);
        foreach (var request in requests)
        {
            _mail.Writer.TryWrite(request);
        }
    }

    /// <summary>Mail that is no request.</summary>
    public void Tell(object message) => _mail.Writer.TryWrite(message);

    /// <summary>The next mail that is no request; requests on the way join the backlog.</summary>
    public bool TryRead([NotNullWhen(true)] out object? message)
    {
        while (_mail.Reader.TryRead(out message))
        {
            if (message is not RoomRequest request)
            {
                return true;
            }

            if (_isSealed)
            {
                _late.Add(request);
            }
            else
            {
                _backlog.Enqueue(request);
            }
        }

        return false;
    }

    /// <summary>What comes from now on is not for this loop to run: only <see cref="Close"/> hands it out.</summary>
    public void Seal() => _isSealed = true;

    /// <summary>The next request to run.</summary>
    public bool TryTake([NotNullWhen(true)] out RoomRequest? request)
    {
        if (_backlog.TryDequeue(out request))
        {
            Interlocked.Decrement(ref _waiting);
            return true;
        }

        return false;
    }

    /// <summary>Puts requests that were taken but came to nothing before all others.</summary>
    public void PutBack(IReadOnlyList<RoomRequest> requests)
    {
        var behind = _backlog.ToArray();
        _backlog.Clear();
        foreach (var request in (RoomRequest[])[.. requests, .. behind])
        {
            _backlog.Enqueue(request);
        }

        Interlocked.Add(ref _waiting, requests.Count);
    }

    /// <summary>Ends when there is mail.</summary>
    public ValueTask<bool> WaitAsync() => _mail.Reader.WaitToReadAsync();

    /// <summary>Takes nothing more, and hands out the requests in it. Mail besides is forgotten: the loop has ended.</summary>
    public IReadOnlyList<RoomRequest> Close()
    {
        _mail.Writer.TryComplete();
        while (TryRead(out _))
        {
        }

        return [.. _backlog, .. _late];
    }
}
