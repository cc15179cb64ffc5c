using System.Diagnostics;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client;

/// <summary>
/// The one lock of a client: sockets, timers and callers' threads take turns here, so that everything behind it is written as for one thread.
/// What the user wrote (handlers, the token provider) runs after the turn, without the lock, one at a time and in order; a handler that blocks
/// holds up those behind it, nothing else. A handler's bug is logged and costs nobody else anything.
/// </summary>
sealed class Gate(ILogger logger)
{
    readonly Lock _lock = new();
    readonly Queue<Action> _afterwards = [];
    bool _isTelling;

    public bool IsHeld => _lock.IsHeldByCurrentThread;

    public void Run(Action turn)
    {
        lock (_lock)
        {
            turn();
        }

        Tell();
    }

    public T Run<T>(Func<T> turn)
    {
        T result;
        lock (_lock)
        {
            result = turn();
        }

        Tell();
        return result;
    }

    /// <summary>Within a turn: to be run after it.</summary>
    public void Afterwards(Action tell)
    {
        Debug.Assert(IsHeld, "What follows a turn is ordered within it.");
        _afterwards.Enqueue(tell);
    }

    void Tell()
    {
        while (!IsHeld && TryTake() is { } tell)
        {
            try
            {
                tell();
            }
            catch (Exception e)
            {
                logger.HandlerThrew(e);
            }
            finally
            {
                lock (_lock)
                {
                    _isTelling = false;
                }
            }
        }
    }

    Action? TryTake()
    {
        lock (_lock)
        {
            if (_isTelling || !_afterwards.TryDequeue(out var tell))
            {
                return null;
            }

            _isTelling = true;
            return tell;
        }
    }
}
