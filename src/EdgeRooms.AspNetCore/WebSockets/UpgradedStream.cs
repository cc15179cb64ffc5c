using System.Runtime.CompilerServices;

namespace EdgeRooms.AspNetCore.WebSockets;

/// <summary>
/// The connection under a WebSocket. The framework's WebSocket answers pings but can neither send one nor say that one was answered, and its own
/// keep-alive cuts the socket without a close code; so this stream puts ping frames between the frames it writes (each is one write) and tells of
/// every byte that comes. Reads from one loop, writes from the pump and the ticker.
/// </summary>
sealed class UpgradedStream(Stream inner) : Stream
{
    static readonly ReadOnlyMemory<byte> PingFrame = new byte[] { 0x89, 0x00 };

    readonly SemaphoreSlim _writing = new(1);

    /// <summary>Called for every read that brought bytes.</summary>
    public Action? Received { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public ValueTask PingAsync() => WriteAsync(PingFrame, CancellationToken.None);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken);
        if (read > 0)
        {
            Received?.Invoke();
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Mostly done at once: nobody else writes, and the connection's buffer has room.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_writing.Wait(0, CancellationToken.None))
        {
            return WriteAfterAsync(buffer, cancellationToken);
        }

        ValueTask write;
        try
        {
            write = inner.WriteAsync(buffer, cancellationToken);
            if (write.IsCompletedSuccessfully)
            {
                write.GetAwaiter().GetResult(); // its source is used again only then
                _writing.Release();
                return ValueTask.CompletedTask;
            }
        }
        catch
        {
            _writing.Release();
            throw;
        }

        return FinishAsync(write);
    }

    async ValueTask WriteAfterAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await inner.WriteAsync(buffer, cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    async ValueTask FinishAsync(ValueTask write)
    {
        try
        {
            await write;
        }
        finally
        {
            _writing.Release();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
