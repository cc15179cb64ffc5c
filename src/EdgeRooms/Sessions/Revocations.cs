using System.Collections.Concurrent;

namespace EdgeRooms.Sessions;

/// <summary>
/// Tokens (by <c>jti</c>) and sessions that count no more, until they would have run out by themselves. Written by the order watch, read by whoever
/// lets a client in. Bounded by <see cref="EntriesMax"/>: past it the one that matters for the shortest time goes.
/// </summary>
sealed class Revocations(TimeProvider clock)
{
    public const int EntriesMax = 100_000;

    readonly ConcurrentDictionary<(bool IsSession, string Id), DateTimeOffset> _until = new();

    public void AddToken(string tokenId, DateTimeOffset until) => Add((false, tokenId), until);

    public void AddSession(string session, DateTimeOffset until) => Add((true, session), until);

    public bool HasToken(string? tokenId) => tokenId is not null && Has((false, tokenId));

    public bool HasSession(string session) => Has((true, session));

    bool Has((bool, string) entry) => !_until.IsEmpty && _until.TryGetValue(entry, out var until) && until > clock.GetUtcNow();

    void Add((bool, string) entry, DateTimeOffset until)
    {
        _until[entry] = until;
        if (_until.Count > EntriesMax)
        {
            _until.TryRemove(_until.MinBy(e => e.Value));
        }
    }
}

/// <summary>Tokens that are good, and not revoked.</summary>
sealed class RevocableTokens(ITokenValidator tokens, Revocations revocations) : ITokenValidator
{
    public async ValueTask<Protocol.Principal?> ValidateAsync(string token) =>
        await tokens.ValidateAsync(token) is { } principal && !revocations.HasToken(principal.TokenId) ? principal : null;

    public bool IsRevoked(Protocol.Principal principal) => revocations.HasToken(principal.TokenId);
}
