using EdgeRooms.Tests.Live;

namespace EdgeRooms.Server.Tests.Protocol;

/// <summary>A class's own durable Postgres, which may be killed.</summary>
public sealed class OwnPostgres : IAsyncLifetime
{
    LivePostgres? _postgres;

    internal LivePostgres Server => _postgres!; // there once the fixture has started

    public async ValueTask InitializeAsync() => _postgres = await LivePostgres.StartNewAsync();

    public async ValueTask DisposeAsync() => await (_postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
}
