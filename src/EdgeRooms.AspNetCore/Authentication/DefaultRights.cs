using EdgeRooms.Protocol;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>The setting <c>EdgeRooms:Auth:DefaultRights</c>: <c>pattern: right,right; pattern: …</c>.</summary>
static class DefaultRights
{
    public const string Development = "*: join,send,ephemeral,history";

    const StringSplitOptions Trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <summary>Unlike a token's claim, where the unknown grants nothing, an operator's typing error is told.</summary>
    public static bool TryParse(string text, out RoomRights rights, out string? problem)
    {
        rights = RoomRights.None;
        problem = null;
        var byPattern = new Dictionary<string, Right>(StringComparer.Ordinal);
        foreach (string rule in text.Split(';', Trimmed))
        {
            int colon = rule.IndexOf(':', StringComparison.Ordinal);
            string pattern = colon < 0 ? rule : rule[..colon].TrimEnd();
            if (colon < 0 || !RoomRights.IsPattern(pattern))
            {
                problem = $"'{rule}' is no rule. Write 'pattern: right,right' with '*', 'kind/*' or 'kind/name' as the pattern.";
                return false;
            }

            foreach (string name in rule[(colon + 1)..].Split(',', Trimmed))
            {
                var right = RoomRights.Parse(name);
                if (right == Right.None)
                {
                    problem = $"'{name}' is no right. There are join, send, ephemeral, history and admin.";
                    return false;
                }

                byPattern[pattern] = byPattern.GetValueOrDefault(pattern) | right;
            }
        }

        rights = new RoomRights(byPattern);
        return true;
    }

    public static RoomRights Of(AuthOptions options, bool development)
    {
        string text = options.DefaultRights ?? (development ? Development : "");
        return TryParse(text, out var rights, out string? problem) ? rights : throw new FormatException(problem);
    }
}
