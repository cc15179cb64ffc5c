using System.Globalization;

namespace EdgeRooms.Kinds;

/// <summary>A JSON Pointer (RFC 6901) and its walk through a document.</summary>
static class DocPath
{
    /// <summary>The pointer's tokens, unescaped; the empty pointer has none and is the whole document.</summary>
    public static bool TryParse(string pointer, out string[] tokens)
    {
        tokens = [];
        if (pointer.Length == 0)
        {
            return true;
        }

        if (pointer[0] != '/' || HasBadEscape(pointer))
        {
            return false;
        }

        tokens = pointer[1..].Split('/');
        for (int i = 0; i < tokens.Length; i++)
        {
            tokens[i] = tokens[i].Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
        }

        return true;
    }

    /// <summary>
    /// Walks the tokens and writes each <c>-</c> that appends to an array as the index it stands for. Returns why nothing can be set there,
    /// or null.
    /// </summary>
    public static string? Resolve(DocObject document, string[] tokens)
    {
        DocNode? node = document;
        for (int i = 0; i < tokens.Length; i++)
        {
            switch (node)
            {
                case null:
                    return null; // Nothing is there: objects are made from here on, and any token may name a member.
                case DocObject members:
                    node = members.Find(tokens[i]);
                    break;
                case DocArray items:
                    if (Index(tokens[i], items.Length) is not { } index)
                    {
                        return $"'{Short(tokens[i])}' is no index of the array there. It has {items.Length} items: "
                            + $"give 0 to {items.Length}, or '-' to append.";
                    }

                    tokens[i] = index.ToString(CultureInfo.InvariantCulture);
                    node = items.Find(index);
                    break;
                default:
                    return $"Before '{Short(tokens[i])}' the path leads through a value that is neither object nor array. "
                        + "Set that one first.";
            }
        }

        return null;
    }

    /// <summary>The document with the value at a path that was resolved in it.</summary>
    public static DocNode Set(DocNode? node, ReadOnlySpan<string> tokens, DocNode value)
    {
        if (tokens.IsEmpty)
        {
            return value;
        }

        if (node is DocArray items)
        {
            int index = int.Parse(tokens[0], CultureInfo.InvariantCulture);
            return items.With(index, Set(items.Find(index), tokens[1..], value));
        }

        var members = node as DocObject ?? DocObject.Empty;
        return members.With(tokens[0], Set(members.Find(tokens[0]), tokens[1..], value));
    }

    /// <summary>Digits without a leading zero (RFC 6901, 4), at most the length.</summary>
    static int? Index(string token, int length)
    {
        if (token == "-")
        {
            return length;
        }

        bool isNumber = int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && (token.Length == 1 || token[0] != '0');
        return isNumber && index <= length ? index : null;
    }

    static bool HasBadEscape(string pointer)
    {
        for (int i = pointer.IndexOf('~', StringComparison.Ordinal); i >= 0; i = pointer.IndexOf('~', i + 1))
        {
            if (i + 1 == pointer.Length || pointer[i + 1] is not ('0' or '1'))
            {
                return true;
            }
        }

        return false;
    }

    static string Short(string token) => token.Length <= 40 ? token : string.Concat(token.AsSpan(0, 40), "…");
}
