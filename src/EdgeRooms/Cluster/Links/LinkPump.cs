using EdgeRooms.Sessions;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// One end's way out of a link: messages are written one behind the other from any thread, and a pump sends what has gathered as one batch while
/// the next gathers. Ends with its stream. Bounded: over <paramref name="bytesMax"/> waiting, what may be dropped is refused; what may not (answers
/// to open requests) is itself bounded by them.
/// </summary>
sealed class LinkPump(ILinkStream stream, int bytesMax)
{
    readonly Lock _lock = new();
    readonly AsyncSignal _work = new();
    LinkWriter _filling = new();
    LinkWriter _sending = new();
    volatile bool _closing;
    bool _ended;

    /// <summary>Called when a full link has drained. Set before it starts; on the pump.</summary>
    public Action Drained { get; init; } = static () => { };

    bool _wasFull;

    /// <summary>Writes a message; false where the link is full (unless it must go) or has ended, and then nothing was written.</summary>
    public bool Write<T>(LinkMessage type, T fields, Action<LinkWriter, T> body, bool must = false)
    {
        lock (_lock)
        {
            if (_ended)
            {
                return false;
            }

            if (!must && _filling.Length > bytesMax)
            {
                _wasFull = true;
                return false;
            }

            bool first = _filling.Length == 0;
            _filling.Begin(type);
            body(_filling, fields);
            _filling.End();
            if (!first)
            {
                return true;
            }
        }

        _work.Set();
        return true;
    }

    /// <summary>An end in order: what has gathered is sent, then the goodbye, and the pump ends.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closing = true;
        }

        _work.Set();
    }

    /// <summary>Nothing is written any more; the pump ends.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
        }

        _work.Set();
    }

    /// <summary>
    /// Ends with the link, <paramref name="run"/> and <paramref name="receive"/> being its two directions: null where one end said goodbye (the other hangs up
    /// then, which may be heard first), else why. Throws nothing.
    /// </summary>
    public async Task<string?> UntilEndAsync(Task run, Task receive)
    {
        try
        {
            await await Task.WhenAny(run, receive);
            await receive;
            return null;
        }
        catch (Exception e)
        {
            return _closing ? null : e.Message;
        }
    }

    /// <summary>Sends until <see cref="Close"/> or <see cref="End"/>, or throws what the stream throws.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            bool wasFull, closing;
            lock (_lock)
            {
                if (_ended)
                {
                    return;
                }

                (_filling, _sending) = (_sending, _filling);
                (wasFull, closing) = (_wasFull, _closing);
                _wasFull = false;
            }

            if (_sending.Length == 0)
            {
                if (closing)
                {
                    await stream.CloseAsync();
                    return;
                }

                await _work.WaitAsync();
                continue;
            }

            await stream.SendAsync(_sending.Written);
            _sending.Reset();
            if (wasFull)
            {
                Drained();
            }
        }
    }
}
