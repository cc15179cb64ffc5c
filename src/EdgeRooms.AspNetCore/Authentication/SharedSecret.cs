using System.Buffers;
using System.Text;

using Microsoft.IdentityModel.Tokens;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>One HS256 secret. A <c>kid</c> has nothing to choose from here; one that looks like a path or a query refuses the token.</summary>
sealed class SharedSecret(string secret, string? issuer) : TokenKeys
{
    public const int SecretBytesMin = 32;
    const int KeyIdLengthMax = 128;

    static readonly SearchValues<char> KeyIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+=:@");

    readonly TokenKey _key = new(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)), issuer);

    public override ValueTask<TokenKey?> FindAsync(string algorithm, string? keyId) =>
        new(algorithm == SecurityAlgorithms.HmacSha256 && (keyId is null || IsHarmless(keyId)) ? _key : null);

    static bool IsHarmless(string keyId) => keyId.Length <= KeyIdLengthMax && !keyId.AsSpan().ContainsAnyExcept(KeyIdCharacters);
}
