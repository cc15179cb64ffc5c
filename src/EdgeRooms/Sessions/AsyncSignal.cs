using System.Threading.Tasks.Sources;

namespace EdgeRooms.Sessions;

/// <summary>
/// Wakes one waiting loop; a set without a waiter is kept, several are one. Set from any thread; waited on by one loop at a time, which goes on
/// on the thread pool. Allocates nothing a wait.
/// </summary>
sealed class AsyncSignal : IValueTaskSource
{
    readonly Lock _lock = new();
    ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
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

        _core.SetResult(true);
    }

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
