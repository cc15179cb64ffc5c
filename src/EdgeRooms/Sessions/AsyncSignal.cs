using System.Threading.Tasks.Sources;

namespace EdgeRooms.Sessions;

/// <summary>
/// Wakes one waiting pump; a set without a waiter is kept, several are one. Set from any thread; waited on by one pump at a time, which goes on
/// in its <see cref="PumpQueue"/>. Allocates nothing a wait.
/// </summary>
sealed class AsyncSignal : IValueTaskSource
{
    readonly Lock _lock = new();
    readonly PumpQueue _queue = PumpQueue.Next();
    ManualResetValueTaskSourceCore<bool> _core;
    bool _isSet;
    bool _isWaiting;

    public void Set()
    {
        lock (_lock)
        {
            if (!_isWaiting)
            {
                _isSet = true;
                return;
            }

            _isWaiting = false;
        }

        _queue.Enqueue(this);
    }

    /// <summary>Runs the waiting pump until it waits again. Called by the queue.</summary>
    public void Resume() => _core.SetResult(true);

    public ValueTask WaitAsync()
    {
        lock (_lock)
        {
            if (_isSet)
            {
                _isSet = false;
                return ValueTask.CompletedTask;
            }

            _core.Reset();
            _isWaiting = true;
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
