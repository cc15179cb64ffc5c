using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>
/// What a path under <c>/rooms</c> names, read from the raw request target: an escaped character is never part of a room's id, so
/// <c>%2e%2e</c> and its like are refused rather than decoded.
/// </summary>
readonly record struct RoomsPath(RoomId? Room, string? Rest)
{
    /// <summary>False where the path is none of <c>/rooms</c>, <c>/rooms/kind/name</c> and <c>/rooms/kind/name/REST</c>.</summary>
    public static bool TryRead(HttpContext context, out RoomsPath path)
    {
        path = default;
        string target = context.Features.Get<IHttpRequestFeature>()?.RawTarget is { Length: > 0 } raw ? raw : context.Request.Path;
        int query = target.IndexOf('?');
        string text = query < 0 ? target : target[..query];
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme > 0)
        {
            int slash = text.IndexOf('/', scheme + 3);
            text = slash < 0 ? "/" : text[slash..];
        }

        text = context.Request.PathBase.HasValue && text.StartsWith(context.Request.PathBase.Value!, StringComparison.Ordinal)
            ? text[context.Request.PathBase.Value!.Length..]
            : text;
        string[] parts = text.Split('/');
        if (parts.Length < 2 || parts[0].Length > 0 || parts[1] != "rooms")
        {
            return false;
        }

        if (parts.Length == 2)
        {
            return true;
        }

        if (parts.Length is < 4 or > 5 || !RoomId.TryParse($"{parts[2]}/{parts[3]}", out var room))
        {
            return false;
        }

        path = new RoomsPath(room, parts.Length == 5 ? parts[4] : null);
        return true;
    }
}
