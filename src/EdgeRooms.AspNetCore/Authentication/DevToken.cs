using System.Text;

using EdgeRooms.Protocol;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>
/// <c>GET /dev/token?user=alice</c>: a token as plain text, for whoever asks. Exists in Development only, where a secret signs tokens.
/// </summary>
static class DevToken
{
    static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public static void MapDevToken(this IEndpointRouteBuilder endpoints, AuthOptions options, bool development, TimeProvider time)
    {
        if (development && options.Secret is { Length: > 0 })
        {
            endpoints.MapGet("/dev/token", (HttpContext context) => Answer(context, options, time));
        }
    }

    public static string Make(AuthOptions options, string user, TimeProvider time, IReadOnlyDictionary<string, object>? claims = null)
    {
        var key = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(options.Secret
            ?? throw new InvalidOperationException("Without EdgeRooms:Auth:Secret no token can be made here.")));
        var now = time.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = options.Issuer,
            Audience = options.Audience,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + Lifetime,
            Claims = new Dictionary<string, object>(claims ?? new Dictionary<string, object>()) { ["sub"] = user },
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.HmacSha256),
        });
    }

    static IResult Answer(HttpContext context, AuthOptions options, TimeProvider time)
    {
        var user = context.Request.Query["user"];
        if (user.Count != 1 || !TokenClaims.IsUser(user[0]!))
        {
            return Http.Problems.Of(new RoomError(
                ErrorCode.BadFrame, "Name one user of 1 to 256 characters, none of them a control character: /dev/token?user=alice."));
        }

        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Text(Make(options, user[0]!, time));
    }
}
