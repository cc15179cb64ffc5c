using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Links;

/// <summary>What a link is made of.</summary>
/// <param name="Token">Asked at each connect.</param>
/// <param name="Dial">Makes a socket.</param>
sealed record LinkSettings(
    Func<CancellationToken, Task<string>> Token, Func<ISocketOwner, ISocket> Dial, TimeProvider Time, Gate Gate, Random Random, ILogger Logger);
