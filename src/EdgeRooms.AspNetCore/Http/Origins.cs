using System.Buffers;

using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>
/// Which pages may open a WebSocket: a browser sends its page's origin with every upgrade and enforces nothing itself (cross-site WebSocket
/// hijacking). Who sends no <c>Origin</c> is no browser and passes. Immutable; any thread.
/// </summary>
sealed class Origins
{
    static readonly SearchValues<char> SchemeCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789+.-");
    static readonly SearchValues<char> NoHostCharacters = SearchValues.Create("/\\?#@* ,");

    readonly HashSet<string>? _allowed;

    /// <summary>Exact origins replace the default, which is the page's own host; none given means the default.</summary>
    public Origins(IReadOnlyCollection<string> allowed) =>
        _allowed = allowed.Count == 0 ? null : new HashSet<string>(allowed, StringComparer.Ordinal);

    public bool Allow(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        return origin.Count switch
        {
            0 => true,
            1 when origin[0] is { Length: > 0 } text => _allowed?.Contains(text) ?? IsSameHost(text, request.Host),
            _ => false,
        };
    }

    /// <summary>Whether the text can be what a browser sends: <c>scheme://host[:port]</c> in lower case, or <c>null</c>.</summary>
    public static bool IsOrigin(string text)
    {
        int slashes = text.IndexOf("://", StringComparison.Ordinal);
        return text == "null" || (slashes > 0 && slashes + 3 < text.Length
            && !text.AsSpan(0, slashes).ContainsAnyExcept(SchemeCharacters)
            && !text.AsSpan(slashes + 3).ContainsAny(NoHostCharacters)
            && !text.Any(c => char.IsAsciiLetterUpper(c) || char.IsControl(c)));
    }

    static bool IsSameHost(string origin, HostString host)
    {
        if (!IsOrigin(origin) || !Uri.TryCreate(origin, UriKind.Absolute, out var page) || page.Scheme is not ("http" or "https") || !host.HasValue)
        {
            return false;
        }

        // The scheme is not compared: behind a proxy that ends TLS the request is plain http. A default port left out on one side only is
        // the origin's.
        string authority = origin[(origin.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var claimed = new HostString(authority);
        int port = page.Scheme == "https" ? 443 : 80;
        return string.Equals(claimed.Host, host.Host, StringComparison.OrdinalIgnoreCase)
            && (claimed.Port == host.Port || (claimed.Port ?? port) == (host.Port ?? port));
    }
}
