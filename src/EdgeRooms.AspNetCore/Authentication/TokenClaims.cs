using System.Text.Json;

using EdgeRooms.Protocol;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>
/// The claims that EdgeRooms reads. In <c>rooms</c> an unknown right or a pattern that can match no room grants nothing, so that an issuer
/// may be newer than the server; another shape than an object of lists of strings refuses the token.
/// </summary>
sealed record TokenClaims(Principal Principal, DateTimeOffset? NotBefore)
{
    const int UserLengthMax = 256;

    static readonly double SecondsMax = DateTimeOffset.MaxValue.ToUnixTimeSeconds() - 86_400;

    public static TokenClaims? Read(JsonElement claims, RoomRights defaultRights)
    {
        if (claims.ValueKind != JsonValueKind.Object
            || !claims.TryGetProperty("sub", out var sub) || sub.ValueKind != JsonValueKind.String || !IsUser(sub.GetString()!)
            || !claims.TryGetProperty("exp", out var exp) || Time(exp) is not { } expiresAt)
        {
            return null;
        }

        DateTimeOffset? notBefore = null;
        if (claims.TryGetProperty("nbf", out var nbf) && (notBefore = Time(nbf)) is null)
        {
            return null;
        }

        var rights = claims.TryGetProperty("rooms", out var rooms) ? Rights(rooms) : defaultRights;
        return rights is null ? null : new TokenClaims(new Principal(sub.GetString()!, DisplayName(claims), expiresAt, rights, TokenId(claims)), notBefore);
    }

    /// <summary>Whether the text may be a user id: 1 to 256 characters, none of them a control character.</summary>
    public static bool IsUser(string text) => text.Length is > 0 and <= UserLengthMax && !text.Any(char.IsControl);

    static string? TokenId(JsonElement claims) =>
        claims.TryGetProperty("jti", out var id) && id.ValueKind == JsonValueKind.String ? id.GetString() : null;

    static string? DisplayName(JsonElement claims) =>
        claims.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String && IsUser(name.GetString()!) ? name.GetString() : null;

    static DateTimeOffset? Time(JsonElement seconds) =>
        seconds.ValueKind == JsonValueKind.Number && seconds.TryGetDouble(out double value) && value > 0 && value <= SecondsMax
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(value * 1000))
            : null;

    static RoomRights? Rights(JsonElement rooms)
    {
        if (rooms.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var byPattern = new Dictionary<string, Right>(StringComparer.Ordinal);
        foreach (var rule in rooms.EnumerateObject())
        {
            if (rule.Value.ValueKind != JsonValueKind.Array || rule.Value.EnumerateArray().Any(r => r.ValueKind != JsonValueKind.String))
            {
                return null;
            }

            var rights = rule.Value.EnumerateArray().Aggregate(Right.None, (all, r) => all | RoomRights.Parse(r.GetString()!));
            if (rights != Right.None && RoomRights.IsPattern(rule.Name))
            {
                byPattern[rule.Name] = rights;
            }
        }

        return new RoomRights(byPattern);
    }
}
