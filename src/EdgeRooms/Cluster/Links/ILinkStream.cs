namespace EdgeRooms.Cluster.Links;

/// <summary>
/// Port: a two-way stream of messages between two processes, already authenticated. One sender and one receiver at a time. Keep-alive is its own:
/// a peer that is gone or stands still for seconds ends it.
/// </summary>
interface ILinkStream : IAsyncDisposable
{
    /// <summary>Sends one message; ends when the transport has taken it. Throws where the stream has ended.</summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> message);

    /// <summary>
    /// The next message, whose bytes are the caller's to keep; null where the other end has said goodbye. Throws where the stream has ended otherwise.
    /// </summary>
    ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync();

    /// <summary>Says goodbye after what was sent: the other end's <see cref="ReceiveAsync"/> gives null. Counts as a send.</summary>
    Task CloseAsync();

    /// <summary>Ends the stream at once, also under a send or receive that hangs. Any thread.</summary>
    void Abort();
}

/// <summary>Port: opens streams to other processes.</summary>
interface ILinkDialer
{
    /// <summary>
    /// Opens a stream to a node's link address. Throws where nobody answers, or where who answers is not that boot of that node, or does not prove
    /// that it belongs to the cluster.
    /// </summary>
    Task<ILinkStream> DialAsync(ClusterMember node, CancellationToken cancellation);
}
