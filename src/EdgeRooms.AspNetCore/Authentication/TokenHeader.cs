using System.Text.Json;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>The two header fields that matter. All others are ignored but <c>crit</c>, which asks to be understood (RFC 7515, 4.1.11).</summary>
sealed record TokenHeader(string Algorithm, string? KeyId)
{
    public static TokenHeader? Read(JsonElement header)
    {
        if (header.ValueKind != JsonValueKind.Object || header.TryGetProperty("crit", out _)
            || !header.TryGetProperty("alg", out var algorithm) || algorithm.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        if (!header.TryGetProperty("kid", out var keyId))
        {
            return new TokenHeader(algorithm.GetString()!, null);
        }

        return keyId.ValueKind == JsonValueKind.String ? new TokenHeader(algorithm.GetString()!, keyId.GetString()) : null;
    }
}
