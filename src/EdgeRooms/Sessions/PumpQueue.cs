using System.Collections.Concurrent;

namespace EdgeRooms.Sessions;

/// <summary>
/// Where pumps wait for their turn to send: one queue a processor, each run as one item at the end of the thread pool's shared queue, behind whatever the
/// process has to do already. So a busy process gathers more for each socket before it writes, and does fewer, larger writes the busier it is; an
/// idle one writes at once. Filled from any thread; bounded by the pumps, which are in it once each; what a pump throws ends in its own task.
/// </summary>
sealed class PumpQueue : IThreadPoolWorkItem
{
    static readonly PumpQueue[] Queues = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new PumpQueue())];
    static int _taken;

    readonly ConcurrentQueue<AsyncSignal> _due = new();
    int _isQueued;

    PumpQueue()
    {
    }

    /// <summary>The queue for one more pump: they are dealt out in turn.</summary>
    public static PumpQueue Next() => Queues[(uint)Interlocked.Increment(ref _taken) % (uint)Queues.Length];

    /// <summary>Resumes who waits on the signal, after those that are due already.</summary>
    public void Enqueue(AsyncSignal signal)
    {
        _due.Enqueue(signal);
        QueueSelf();
    }

    void IThreadPoolWorkItem.Execute()
    {
        for (int due = _due.Count; due > 0 && _due.TryDequeue(out var signal); due--)
        {
            signal.Resume();
        }

        Volatile.Write(ref _isQueued, 0);
        if (!_due.IsEmpty)
        {
            QueueSelf();
        }
    }

    void QueueSelf()
    {
        if (Interlocked.Exchange(ref _isQueued, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
