namespace EdgeRooms.Protocol;

/// <summary>What a token may do in rooms.</summary>
[Flags]
enum Right
{
    None = 0,
    Join = 1,
    Send = 2,
    Ephemeral = 4,
    History = 8,
    Admin = 16,
}

/// <summary>
/// Rights by room pattern: an exact id, <c>kind/*</c> or <c>*</c>. What matches adds up. Immutable; read by any thread.
/// </summary>
sealed class RoomRights
{
    public static readonly RoomRights None = new(new Dictionary<string, Right>());

    readonly Dictionary<string, Right> _byPattern;

    public RoomRights(IReadOnlyDictionary<string, Right> byPattern) =>
        _byPattern = new Dictionary<string, Right>(byPattern, StringComparer.Ordinal);

    public Right For(RoomId room)
    {
        var rights = _byPattern.GetValueOrDefault("*");
        if (_byPattern.Count > (rights == Right.None ? 0 : 1))
        {
            string id = room.ToString();
            rights |= _byPattern.GetValueOrDefault(id);
            rights |= _byPattern.GetValueOrDefault(string.Concat(id.AsSpan(0, id.IndexOf('/')), "/*"));
        }

        return rights;
    }

    public bool Allow(RoomId room, Right right) => (For(room) & right) == right;

    /// <summary>Whether the text is an exact id, <c>kind/*</c> or <c>*</c>.</summary>
    public static bool IsPattern(string text) =>
        text == "*" || RoomId.TryParse(text, out _) || (text.EndsWith("/*", StringComparison.Ordinal) && RoomId.IsKind(text.AsSpan(0, text.Length - 2)));

    /// <summary>One right's wire name; <see cref="Right.None"/> for an unknown one, which grants nothing.</summary>
    public static Right Parse(string name) => name switch
    {
        "join" => Right.Join,
        "send" => Right.Send,
        "ephemeral" => Right.Ephemeral,
        "history" => Right.History,
        "admin" => Right.Admin,
        _ => Right.None,
    };
}

/// <summary>Who a valid token speaks for.</summary>
/// <param name="User">The user id, <c>sub</c>.</param>
/// <param name="DisplayName">The <c>name</c> claim, where there is one.</param>
/// <param name="ExpiresAt"><c>exp</c>.</param>
/// <param name="Rights">The <c>rooms</c> claim, or the configured default.</param>
/// <param name="TokenId"><c>jti</c>, where there is one: by it the token can be revoked.</param>
sealed record Principal(string User, string? DisplayName, DateTimeOffset ExpiresAt, RoomRights Rights, string? TokenId = null);
