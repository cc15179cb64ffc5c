namespace EdgeRooms.Sessions;

/// <summary>The socket under a connection: a WebSocket or an SSE response. Called by the connection's pump, one call at a time.</summary>
interface IConnectionTransport
{
    /// <summary>Whether several frames, parted by newlines, may go in one message.</summary>
    bool TakesBatches { get; }

    /// <summary>Sends one message; ends when the socket has taken it.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> message);

    /// <summary>Sends a ping, where there is such a thing; may come between two sends, from another thread.</summary>
    ValueTask PingAsync();

    /// <summary>Says why it closes, and closes.</summary>
    ValueTask CloseAsync(int code, string reason);

    /// <summary>Cuts the socket, also under a send that hangs. From any thread.</summary>
    void Abort();
}
