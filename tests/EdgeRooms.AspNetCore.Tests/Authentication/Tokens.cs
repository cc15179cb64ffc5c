using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

using EdgeRooms.AspNetCore.Authentication;

using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EdgeRooms.AspNetCore.Tests.Authentication;

/// <summary>Makes tokens byte by byte, good and bad, and validators to try them on.</summary>
static class Tokens
{
    public const string Secret = "0123456789abcdef0123456789abcdef";

    public static readonly FakeTimeProvider Time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    public static long Now => Time.GetUtcNow().ToUnixTimeSeconds();

    public static TokenValidator Validator(Action<AuthOptions>? configure = null, bool development = true)
    {
        var options = new AuthOptions { Secret = Secret };
        configure?.Invoke(options);
        return TokenValidator.From(options, development, Time, NullLogger.Instance);
    }

    public static string Signed(string payload, string header = """{"alg":"HS256"}""", string secret = Secret)
    {
        string head = Unsigned(payload, header);
        return $"{head}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(head)))}";
    }

    public static string Unsigned(string payload, string header) => $"{Encode(header)}.{Encode(payload)}";

    public static string Claims(string more = "") => $$"""{"sub":"alice","exp":{{Now + 60}}{{more}}}""";

    public static string RsaSigned(RSA key, string payload, string header, RSASignaturePadding? padding = null)
    {
        string head = Unsigned(payload, header);
        byte[] signature = key.SignData(Encoding.ASCII.GetBytes(head), HashAlgorithmName.SHA256, padding ?? RSASignaturePadding.Pkcs1);
        return $"{head}.{Base64Url.EncodeToString(signature)}";
    }

    public static string EcSigned(ECDsa key, string payload, string header)
    {
        string head = Unsigned(payload, header);
        return $"{head}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(head), HashAlgorithmName.SHA256))}";
    }

    static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
