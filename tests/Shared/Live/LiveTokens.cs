using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace EdgeRooms.Tests.Live;

/// <summary>Tokens that the live processes take, of users and of the operator.</summary>
static class LiveTokens
{
    public const string Secret = "live-secret-live-secret-live-secret-1";

    public const string Admin = "live-admin-live-admin-live-admin-live-1";

    /// <param name="user">Whose it is.</param>
    /// <param name="id">Its <c>jti</c>, by which it can be revoked; empty: none.</param>
    public static string For(string user, string id = "")
    {
        long exp = DateTimeOffset.UtcNow.AddHours(6).ToUnixTimeSeconds();
        string text = Encode("""{"alg":"HS256","typ":"JWT"}""") + "." + Encode($$"""{"sub":"{{user}}","jti":"{{id}}","exp":{{exp}},"rooms":{ "*":["join","send","ephemeral","history"] } }""");
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.ASCII.GetBytes(text)))}";
    }

    static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
