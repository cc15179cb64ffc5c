using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>The token that a request brings. The first found decides, good or bad.</summary>
static class RequestToken
{
    public const string Protocol = "edgerooms.v1";
    const string BearerProtocol = "edgerooms.auth.bearer.";

    public static string? Find(HttpRequest request, IList<string> offeredProtocols)
    {
        string authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return authorization["Bearer ".Length..].Trim();
        }

        foreach (string protocol in offeredProtocols)
        {
            if (protocol.StartsWith(BearerProtocol, StringComparison.Ordinal))
            {
                return protocol[BearerProtocol.Length..];
            }
        }

        return request.Query["token"] is { Count: > 0 } token ? token[0] : null;
    }
}
