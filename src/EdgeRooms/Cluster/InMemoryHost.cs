using System.Diagnostics.Metrics;

using EdgeRooms.Protocol;
using EdgeRooms.Sessions;

using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace EdgeRooms.Cluster;

/// <summary>What a process in memory asks of the host that it runs in: a meter of its own, no token, and a stop. Any thread.</summary>
sealed class InMemoryHost : IMeterFactory, IHostApplicationLifetime, IHostEnvironment, ITokenValidator
{
    readonly CancellationTokenSource _stopping = new();
    readonly Meter _meter;

    public InMemoryHost() => _meter = new Meter(new MeterOptions("EdgeRooms.InMemory") { Scope = this });

    public CancellationToken ApplicationStarted => default;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => default;

    public string EnvironmentName { get; set; } = Environments.Development;

    public string ApplicationName { get; set; } = "in memory";

    public string ContentRootPath { get; set; } = "";

    public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();

    public Meter Create(MeterOptions options) => _meter;

    public void StopApplication() => _stopping.Cancel();

    public ValueTask<Principal?> ValidateAsync(string token) => new((Principal?)null);

    public void Dispose()
    {
        _meter.Dispose();
        _stopping.Dispose();
    }
}
