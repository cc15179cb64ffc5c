namespace EdgeRooms.AspNetCore;

/// <summary>
/// How tokens are checked, bound from <c>EdgeRooms:Auth</c>. Exactly one of <see cref="Secret"/>, <see cref="PublicKeys"/> and
/// <see cref="Authority"/>, so that a token's algorithm never chooses between a secret and a public key.
/// </summary>
public sealed class AuthOptions
{
    /// <summary>Key for HS256, at least 32 bytes of UTF-8. Generated and kept where none of the three is set in Development.</summary>
    public string? Secret { get; set; }

    /// <summary>
    /// Address of an OpenID Connect provider; its keys are read from <c>/.well-known/openid-configuration</c> and kept up to date. <c>https</c>
    /// outside Development.
    /// </summary>
    public string? Authority { get; set; }

    /// <summary>
    /// Public keys by key id (<c>kid</c>): the path of a PEM file, or the PEM itself. RSA of at least 2048 bits (RS256, PS256) or EC P-256
    /// (ES256). With one key a token may leave its <c>kid</c> out.
    /// </summary>
    public Dictionary<string, string> PublicKeys { get; set; } = [];

    /// <summary>What <c>iss</c> must be. Default: unchecked, or what the <see cref="Authority"/> says of itself.</summary>
    public string? Issuer { get; set; }

    /// <summary>What <c>aud</c> must be or contain. Default: unchecked.</summary>
    public string? Audience { get; set; }

    /// <summary>
    /// Rights of tokens without a <c>rooms</c> claim: <c>pattern: right,right; pattern: …</c>. Default: none, in Development
    /// <c>*: join,send,ephemeral,history</c>.
    /// </summary>
    public string? DefaultRights { get; set; }

    internal bool HasKeySource => Secret is { Length: > 0 } || Authority is { Length: > 0 } || PublicKeys.Count > 0;
}
