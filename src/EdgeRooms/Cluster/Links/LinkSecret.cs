using System.Text;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// What one process proves itself to another by: <c>EdgeRooms__Cluster__Secret</c>, or where none is set a key that is made once and kept in the
/// database, which every process of the cluster can read. Any thread.
/// </summary>
sealed class LinkSecret(string? configured, ISecrets secrets)
{
    public bool IsConfigured => configured is not null;

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellation) =>
        configured is not null ? Encoding.UTF8.GetBytes(configured) : await secrets.GetOrCreateAsync("cluster", 32, cancellation);
}
