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

    /// <summary>Nothing is written any more; the pump ends.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
        }

        _work.Set();
    }

    /// <summary>Sends until <see cref="End"/>, or throws what the stream throws.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            bool wasFull;
            lock (_lock)
            {
                if (_ended)
                {
                    return;
                }

                (_filling, _sending) = (_sending, _filling);
                wasFull = _wasFull;
                _wasFull = false;
            }

            if (_sending.Length == 0)
            {
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
