using System.Collections.Concurrent;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>
/// Keeps what was reported, at once: <see cref="Progress{T}"/> would report on another thread, later.
/// </summary>
sealed class ProgressLines : IProgress<string>
{
    readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public void Report(string value) => _lines.Enqueue(value);
}
