using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>
/// The keys a token may be signed with. A key goes with the algorithms of its own type only, so a public key is never used as a secret; the
/// token's <c>kid</c> only looks up what is here, and <c>jku</c>, <c>x5u</c>, <c>jwk</c> and <c>x5c</c> are never read (RFC 8725).
/// </summary>
abstract class TokenKeys
{
    /// <summary>The key for a token of this header, or null: there is none, or it cannot be had now.</summary>
    public abstract ValueTask<TokenKey?> FindAsync(string algorithm, string? keyId);

    /// <summary>The options' only source of keys. Throws where <see cref="Hosting.OptionsProblems"/> would have told a problem.</summary>
    public static TokenKeys From(AuthOptions options, bool development, ILogger logger) => options switch
    {
        { Authority: { Length: > 0 } authority } => new AuthorityKeys(authority, options.Issuer, requireHttps: !development, logger),
        { PublicKeys.Count: > 0 } => new PublicKeys(options.PublicKeys, options.Issuer),
        { Secret: { Length: > 0 } secret } => new SharedSecret(secret, options.Issuer),
        _ => throw new InvalidOperationException("EdgeRooms:Auth names no key."),
    };

    /// <summary>Whether an asymmetric key may check this algorithm: one family for each key type, and P-256 for ES256 (RFC 7518, 3.4).</summary>
    protected static bool Fits(SecurityKey key, string algorithm) => key switch
    {
        RsaSecurityKey or X509SecurityKey or JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.RSA } =>
            algorithm is SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.RsaSsaPssSha256,
        ECDsaSecurityKey => algorithm == SecurityAlgorithms.EcdsaSha256,
        JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Crv: JsonWebKeyECTypes.P256 } => algorithm == SecurityAlgorithms.EcdsaSha256,
        _ => false,
    };
}

/// <summary>A key found for a token, and the issuer that the token must name then; null: any.</summary>
sealed record TokenKey(SecurityKey Key, string? Issuer);
