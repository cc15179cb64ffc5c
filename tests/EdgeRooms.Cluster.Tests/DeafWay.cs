using System.Net;
using System.Net.Sockets;

namespace EdgeRooms.Cluster.Tests;

/// <summary>
/// A way to Postgres on which nothing comes back any more over a connection that has said LISTEN, once it is <see cref="Mute"/>: the connection stands,
/// and so do the others, but no notification arrives and nobody is told. Tasks of its own, which end with it.
/// </summary>
sealed class DeafWay : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stopping = new();
    readonly int _postgres;
    readonly Task _accepting;
    long _swallowed;

    public DeafWay(int postgres)
    {
        _postgres = postgres;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Bytes that a listener was to hear.</summary>
    public long Swallowed => Interlocked.Read(ref _swallowed);

    public bool Mute { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    async Task AcceptAsync()
    {
        var ways = new List<Task>();
        try
        {
            while (true)
            {
                ways.Add(JoinAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(ways);
        }
    }

    async Task JoinAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient { NoDelay = true };
        near.NoDelay = true;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        bool listens = false;
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _postgres, end.Token);
            var asks = PumpAsync(near, far, sent => listens |= sent.IndexOf("listen edgerooms"u8) >= 0, end.Token);
            var answers = PumpAsync(far, near, _ => { }, end.Token, swallows: () => listens && Mute);
            await Task.WhenAny(asks, answers);
            await end.CancelAsync();
            await Task.WhenAll(asks, answers);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // one of the two has gone, and so does the other
        }
    }

    async Task PumpAsync(TcpClient from, TcpClient to, Action<ReadOnlySpan<byte>> seen, CancellationToken end, Func<bool>? swallows = null)
    {
        byte[] buffer = new byte[16 * 1024];
        int count;
        while ((count = await from.GetStream().ReadAsync(buffer, end)) > 0)
        {
            seen(buffer.AsSpan(0, count));
            if (swallows?.Invoke() == true)
            {
                Interlocked.Add(ref _swallowed, count);
            }
            else
            {
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), end);
            }
        }
    }
}
