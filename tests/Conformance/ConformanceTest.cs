namespace EdgeRooms.Conformance;

/// <summary>A fresh lab per test.</summary>
public abstract class ConformanceTest : IAsyncLifetime
{
    internal Lab Lab { get; private set; } = null!; // set by InitializeAsync before any test runs

    public async ValueTask InitializeAsync() => Lab = await OpenLabAsync();

    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract Task<Lab> OpenLabAsync();
}
