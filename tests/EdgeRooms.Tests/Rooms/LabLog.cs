using EdgeRooms.Cluster;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Tests.Rooms;

/// <summary>What a lab's processes log, into the file that LAB_LOG names; for looking into a failure.</summary>
sealed class LabLog(string process) : ILogger<ClusterProcess>
{
    static readonly StreamWriter? File = Environment.GetEnvironmentVariable("LAB_LOG") is { } path ? new StreamWriter(path) { AutoFlush = true } : null;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => File is not null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (File is { } file)
        {
            lock (file)
            {
                file.WriteLine($"{DateTime.UtcNow:mm:ss.fff} {process} {formatter(state, exception)} {exception}");
            }
        }
    }
}
