namespace EdgeRooms.Cluster;

/// <summary>Port: keys that all processes share, made once by whoever asks first.</summary>
interface ISecrets
{
    /// <summary>The key of that name: random bytes, the same for every caller from then on.</summary>
    Task<byte[]> GetOrCreateAsync(string name, int bytes, CancellationToken cancellation);
}
