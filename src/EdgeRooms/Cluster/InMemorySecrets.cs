using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace EdgeRooms.Cluster;

/// <summary>Keys that last as long as the process. Any thread.</summary>
sealed class InMemorySecrets : ISecrets
{
    readonly ConcurrentDictionary<string, byte[]> _keys = [];

    public Task<byte[]> GetOrCreateAsync(string name, int bytes, CancellationToken cancellation) =>
        Task.FromResult(_keys.GetOrAdd(name, _ => RandomNumberGenerator.GetBytes(bytes)));
}
