using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace EdgeRooms;

/// <summary>
/// The name of a room, <c>kind/name</c>. <c>kind</c> matches <c>^[a-z][a-z0-9-]{0,31}$</c> and <c>name</c>
/// <c>^[A-Za-z0-9_-]{1,64}$</c>, so an id is safe in a path, a log line, a metric and a key as it stands.
/// </summary>
public readonly record struct RoomId
{
    const int KindLengthMax = 32;
    const int NameLengthMax = 64;

    static readonly SearchValues<char> KindCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    readonly string? _text;
    readonly int _slash;

    RoomId(string text, int slash)
    {
        _text = text;
        _slash = slash;
    }

    /// <summary>The kind: what the room is, e.g. <c>chess</c>. Empty for <c>default</c>.</summary>
    public string Kind => _text is null ? "" : _text[.._slash];

    /// <summary>The room's own name within its kind, e.g. <c>42</c>. Empty for <c>default</c>.</summary>
    public string Name => _text is null ? "" : _text[(_slash + 1)..];

    /// <summary>Reads <c>kind/name</c>; throws <see cref="FormatException"/> where it is no room id.</summary>
    public static RoomId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no room id (kind/name).");

    /// <summary>Reads <c>kind/name</c>; false where it is no room id. Nothing is trimmed, decoded or folded.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RoomId id)
    {
        id = default;
        int slash = text?.IndexOf('/') ?? -1;
        if (slash < 0 || !IsKind(text.AsSpan(0, slash)) || !IsName(text.AsSpan(slash + 1)))
        {
            return false;
        }

        id = new RoomId(text!, slash);
        return true;
    }

    /// <summary>Whether the text may name a kind.</summary>
    internal static bool IsKind(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= KindLengthMax && char.IsAsciiLetterLower(text[0])
        && !text.ContainsAnyExcept(KindCharacters);

    /// <inheritdoc/>
    public override string ToString() => _text ?? "";

    static bool IsName(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= NameLengthMax
        && !text.ContainsAnyExcept(NameCharacters);
}
