using System.Globalization;

namespace EdgeRooms.Client.Docs;

/// <summary>A JSON Pointer (RFC 6901).</summary>
static class Pointer
{
    /// <summary>The tokens, unescaped; null where it is no pointer.</summary>
    public static string[]? TryParse(string pointer)
    {
        if (pointer.Length == 0)
        {
            return [];
        }

        if (pointer[0] != '/' || HasBadEscape(pointer))
        {
            return null;
        }

        return [.. pointer[1..].Split('/').Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }

    /// <summary>Digits without a leading zero, at most <paramref name="max"/>.</summary>
    public static int? Index(string token, int max)
    {
        bool isNumber = int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && (token.Length == 1 || token[0] != '0');
        return isNumber && index <= max ? index : null;
    }

    static bool HasBadEscape(string pointer) =>
        pointer.Where((c, i) => c == '~' && (i + 1 == pointer.Length || pointer[i + 1] is not ('0' or '1'))).Any();
}
