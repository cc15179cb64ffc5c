using System.Buffers.Text;
using System.Text;
using System.Text.Json;

using EdgeRooms.Protocol;

using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>
/// Tells who a token speaks for. Refuses more than RFC 7519 must, after RFC 8725: one algorithm family for each key, no header that a
/// verifier would have to obey (<c>crit</c>), no duplicate keys, no string for a time. Never throws for a token, never logs or keeps one.
/// Any thread.
/// </summary>
sealed class TokenValidator(TokenKeys keys, string? audience, RoomRights defaultRights, TimeProvider time) : Sessions.ITokenValidator
{
    public const int TokenBytesMax = 8 * 1024;
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(5);

    static readonly string[] Algorithms =
    [
        SecurityAlgorithms.HmacSha256, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.EcdsaSha256,
    ];

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = TokenBytesMax };

    public static TokenValidator From(AuthOptions options, bool development, TimeProvider time, ILogger logger) => new(
        TokenKeys.From(options, development, logger),
        options.Audience is { Length: > 0 } audience ? audience : null,
        DefaultRights.Of(options, development),
        time);

    /// <summary>The token's principal; null where it is not good, or the provider's keys cannot be had.</summary>
    public async ValueTask<Principal?> ValidateAsync(string token)
    {
        try
        {
            if (token.Length > TokenBytesMax || token.AsSpan().Count('.') != 2)
            {
                return null;
            }

            using var header = Part(token, 0);
            using var payload = Part(token, 1);
            if (TokenHeader.Read(header.RootElement) is not { } head || !Algorithms.Contains(head.Algorithm)
                || TokenClaims.Read(payload.RootElement, defaultRights) is not { } claims || !IsCurrent(claims)
                || await keys.FindAsync(head.Algorithm, head.KeyId) is not { } key)
            {
                return null;
            }

            return await IsSignedAsync(token, head.Algorithm, key) ? claims.Principal : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentException or SecurityTokenException)
        {
            // What these carry may quote the token: nothing of it goes anywhere.
            return null;
        }
    }

    static JsonDocument Part(string token, int index)
    {
        int start = index == 0 ? 0 : token.IndexOf('.', StringComparison.Ordinal) + 1;
        int end = token.IndexOf('.', start);
        return JsonDocument.Parse(Base64Url.DecodeFromChars(token.AsSpan(start, end - start)), Strict);
    }

    bool IsCurrent(TokenClaims claims)
    {
        var now = time.GetUtcNow();
        return now < claims.Principal.ExpiresAt + ClockSkew && (claims.NotBefore is not { } start || now >= start - ClockSkew);
    }

    async Task<bool> IsSignedAsync(string token, string algorithm, TokenKey key)
    {
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = [algorithm],
            IssuerSigningKeyResolver = (_, _, _, _) => [key.Key],
            RequireSignedTokens = true,
            ValidateIssuer = key.Issuer is not null,
            ValidIssuer = key.Issuer,
            ValidateAudience = audience is not null,
            ValidAudience = audience,
            ValidateLifetime = false, // Done before, by the process's clock.
        });
        return result.IsValid;
    }
}
