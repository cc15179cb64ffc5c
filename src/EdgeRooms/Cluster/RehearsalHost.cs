using System.Diagnostics.Metrics;

using EdgeRooms.Protocol;
using EdgeRooms.Sessions;

using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace EdgeRooms.Cluster;

/// <summary>What a process asks of the host that it runs in, for a rehearsal: a meter that nobody listens to, no token, and a stop. Any thread.</summary>
sealed class RehearsalHost : IMeterFactory, IHostApplicationLifetime, IHostEnvironment, ITokenValidator
{
    readonly Meter _meter = new("EdgeRooms.Rehearsal");
    readonly CancellationTokenSource _stopping = new();

    public CancellationToken ApplicationStarted => default;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => default;

    public string EnvironmentName { get; set; } = Environments.Development;

    public string ApplicationName { get; set; } = "rehearsal";

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
