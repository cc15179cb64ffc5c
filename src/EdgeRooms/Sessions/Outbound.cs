using System.Buffers;

using EdgeRooms.Events;
using EdgeRooms.Protocol;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Sessions;

/// <summary>
/// A connection's one ordered way out: a queue that rooms and the session fill from any thread, and a pump that empties it into the socket.
/// Bounded by <see cref="LimitOptions.OutboundBytes"/>: over it the queued events are dropped and read again from the log when the socket
/// has drained; answers stay, bounded by the open requests. The pump ends with the connection; a socket that takes nothing for
/// <see cref="LimitOptions.DrainSeconds"/> is cut (4108).
/// </summary>
sealed class Outbound
{
    const int MessageBytesMax = 64 * 1024;

    readonly IConnectionTransport _transport;
    readonly RouterServices _services;
    readonly Queue<Item> _queue = new();
    readonly CatchUp _catchUp;
    readonly AsyncSignal _work = new();
    Item? _rest;
    long _queuedBytes;
    long _sendStartedAt;
    (int Code, string Reason)? _closing;
    long _closingAt;

    public Outbound(IConnectionTransport transport, RouterServices services)
    {
        _transport = transport;
        _services = services;
        _catchUp = new CatchUp(this, services);
    }

    /// <summary>Guards the queue and every follower's place.</summary>
    public Lock Lock { get; } = new();

    public bool IsClosing => _closing is not null;

    /// <summary>What it was closed with by this side, if it was.</summary>
    public (int Code, string Reason)? Closing => _closing;

    /// <summary>Queues a frame that is no answer and no event.</summary>
    public void Add(ReadOnlyMemory<byte> frame)
    {
        lock (Lock)
        {
            Push(new Item(frame, null, 0, ItemKind.Answer));
        }
    }

    /// <summary>Queues an ephemeral or members frame; dropped where the queue is full. Any thread.</summary>
    public void AddDroppable(Follower follower, ReadOnlyMemory<byte> frame, bool isMembers)
    {
        lock (Lock)
        {
            if (_queuedBytes > _services.Limits.OutboundBytes || (isMembers && follower.LostMembers))
            {
                follower.LostMembers |= isMembers;
                return;
            }

            Push(new Item(frame, follower, 0, isMembers ? ItemKind.Members : ItemKind.Ephemeral));
        }
    }

    /// <summary>Queues events that begin at <paramref name="firstSeq"/>. Lock held.</summary>
    public void AddEvents(Follower follower, ReadOnlyMemory<byte> frames, long firstSeq)
    {
        Push(new Item(frames, follower, firstSeq, ItemKind.Events));
        if (_queuedBytes > _services.Limits.OutboundBytes)
        {
            DropEvents();
        }
    }

    /// <summary>Queues an answer that belongs behind event <paramref name="seq"/>. Lock held.</summary>
    public void AddAnswer(Follower follower, ReadOnlyMemory<byte> frame, long seq) => Push(new Item(frame, follower, seq, ItemKind.Answer));

    /// <summary>Queues events for a follower which had fallen behind. Lock held.</summary>
    public void AddCaughtUp(Follower follower, ReadOnlyMemory<byte> frames, long firstSeq) =>
        Push(new Item(frames, follower, firstSeq, ItemKind.Events));

    public void Attach(Follower follower) => _catchUp.Add(follower);

    public void Detach(Follower follower) => _catchUp.Remove(follower);

    /// <summary>Lets the pump look for work: a follower has fallen behind.</summary>
    public void Wake() => _work.Set();

    /// <summary>Sends what is queued, then closes. The first call counts.</summary>
    public void Close(int code, string reason)
    {
        lock (Lock)
        {
            if (_closing is null)
            {
                _closing = (code, reason);
                _closingAt = _services.Clock.GetTimestamp();
                if (code != CloseCode.Normal)
                {
                    _services.Meters.Closed(code);
                }
            }
        }

        _work.Set();
    }

    /// <summary>Cuts a socket that takes nothing; called once in a while by the router's ticker.</summary>
    public void CutIfStuck()
    {
        long started = Volatile.Read(ref _sendStartedAt);
        var limit = TimeSpan.FromSeconds(_services.Limits.DrainSeconds);
        if (started != 0 && _services.Clock.GetElapsedTime(started) > limit)
        {
            Close(CloseCode.NotReading, "The socket took nothing for too long.");
            _transport.Abort();
        }
        else if (_closing is not null && _services.Clock.GetElapsedTime(_closingAt) > TimeSpan.FromSeconds(5))
        {
            _transport.Abort();
        }
    }

    /// <summary>Sends until closed; throws what the socket throws.</summary>
    public async Task PumpAsync()
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        while (true)
        {
            var message = Take(buffer);
            if (message.IsEmpty)
            {
                if (_closing is { } close)
                {
                    await SendAsync(() => _transport.CloseAsync(close.Code, close.Reason));
                    return;
                }

                _catchUp.Start();
                await _work.WaitAsync();
                continue;
            }

            Volatile.Write(ref _sendStartedAt, _services.Clock.GetTimestamp());
            await _transport.SendAsync(message);
            Volatile.Write(ref _sendStartedAt, 0);
            if (buffer.Capacity > 2 * MessageBytesMax)
            {
                buffer = new ArrayBufferWriter<byte>(1024);
            }
        }
    }

    async Task SendAsync(Func<ValueTask> send)
    {
        Volatile.Write(ref _sendStartedAt, _services.Clock.GetTimestamp());
        await send();
        Volatile.Write(ref _sendStartedAt, 0);
    }

    /// <summary>The next message: one frame, or as many as fit in one where the client takes batches. Empty where nothing is queued.</summary>
    ReadOnlyMemory<byte> Take(ArrayBufferWriter<byte> buffer)
    {
        lock (Lock)
        {
            Item item;
            if (_rest is { } rest)
            {
                (item, _rest) = (rest, null);
            }
            else if (!_queue.TryDequeue(out item))
            {
                return default;
            }

            _queuedBytes -= item.Bytes.Length;
            if (!_transport.TakesBatches)
            {
                return TakeFrame(item);
            }

            if (_queue.Count == 0)
            {
                return item.Bytes;
            }

            buffer.ResetWrittenCount();
            buffer.Write(item.Bytes.Span);
            while (_queue.TryPeek(out var next) && buffer.WrittenCount + next.Bytes.Length < MessageBytesMax)
            {
                _queue.Dequeue();
                _queuedBytes -= next.Bytes.Length;
                buffer.Write("\n"u8);
                buffer.Write(next.Bytes.Span);
            }

            return buffer.WrittenMemory;
        }
    }

    /// <summary>For clients without batches: a run of events is cut at its newlines, the rest stays the queue's head.</summary>
    ReadOnlyMemory<byte> TakeFrame(Item item)
    {
        int end = item.Kind == ItemKind.Events ? item.Bytes.Span.IndexOf((byte)'\n') : -1;
        if (end < 0)
        {
            return item.Bytes;
        }

        _rest = item with { Bytes = item.Bytes[(end + 1)..], Seq = item.Seq + 1 };
        _queuedBytes += _rest.Value.Bytes.Length;
        return item.Bytes[..end];
    }

    void Push(Item item)
    {
        _queue.Enqueue(item);
        _queuedBytes += item.Bytes.Length;
        _work.Set();
    }

    /// <summary>The queue is full: events, ephemerals and member changes go; answers to what went wait for it to come again.</summary>
    void DropEvents()
    {
        var kept = new List<Item>();
        if (_rest is { } rest)
        {
            rest.Of!.FallBehind(rest.Seq);
            _rest = null;
        }

        while (_queue.TryDequeue(out var item))
        {
            switch (item.Kind)
            {
                case ItemKind.Events:
                    item.Of!.FallBehind(item.Seq);
                    break;
                case ItemKind.Members:
                    item.Of!.LostMembers = true;
                    break;
                case ItemKind.Answer:
                    kept.Add(item);
                    break;
            }
        }

        _queuedBytes = 0;
        foreach (var item in kept)
        {
            if (item.Of is { } follower && item.Seq > 0)
            {
                follower.Answer(item.Seq, item.Bytes);
            }
            else
            {
                Push(item);
            }
        }
    }

    enum ItemKind : byte
    {
        Answer,
        Events,
        Ephemeral,
        Members,
    }

    readonly record struct Item(ReadOnlyMemory<byte> Bytes, Follower? Of, long Seq, ItemKind Kind);
}
