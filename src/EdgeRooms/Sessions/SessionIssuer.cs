using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

using EdgeRooms.Rooms;

namespace EdgeRooms.Sessions;

/// <summary>
/// Issues and checks session ids: <c>key.signature</c>, the key as rooms keep it (<see cref="SessionKey"/>), the signature a keyed hash of key and
/// user. The signing key is in the database, so every process reads every id; an id lives 30 days.
/// </summary>
sealed class SessionIssuer(ReadOnlyMemory<byte> signingKey, Revocations revocations, TimeProvider clock)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    public string Issue(string user, out string key)
    {
        key = SessionKey.Make(clock.GetUtcNow().ToUnixTimeMilliseconds());
        return $"{key}.{Sign(key, user)}";
    }

    /// <summary>The session's key where the id is ours, this user's, young enough and not revoked; else null.</summary>
    public string? Check(string id, string user)
    {
        int dot = id.IndexOf('.');
        if (dot != SessionKey.TextLength || id.Length > 128)
        {
            return null;
        }

        string key = id[..dot];
        bool signed = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(key, user)), Encoding.UTF8.GetBytes(id[(dot + 1)..]));
        var issued = DateTimeOffset.FromUnixTimeMilliseconds(SessionKey.IssuedMs(key));
        return signed && issued + Lifetime > clock.GetUtcNow() && !revocations.HasSession(key) ? key : null;
    }

    string Sign(string key, string user)
    {
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(signingKey.Span, Encoding.UTF8.GetBytes($"session\n{key}\n{user}"), hash);
        return Base64Url.EncodeToString(hash[..16]);
    }
}
