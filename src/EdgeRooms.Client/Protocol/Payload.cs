using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EdgeRooms.Client.Protocol;

/// <summary>
/// Refuses what the server would refuse as <c>bad_frame</c>. It could not tell which command such a frame was, so that the command would wait for ever.
/// </summary>
static class Payload
{
    const int DepthMax = 64;
    const int NameLengthMax = 128;

    public static readonly JsonElement Null = JsonElement.Parse("null"u8);

    public static JsonElement Of<T>(string room, string name, T data, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.SerializeToElement(data, type);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
        {
            throw new EdgeRoomsException("bad_frame", $"The data of '{name}' cannot be written as JSON ({e.Message}).", room, inner: e);
        }
    }

    public static void Check(string room, string name, JsonElement data)
    {
        if (Problem(name, data) is { } problem)
        {
            throw new EdgeRoomsException("bad_frame", problem, room);
        }
    }

    static string? Problem(string name, JsonElement data)
    {
        if (name is not { Length: >= 1 and <= NameLengthMax })
        {
            return $"A name has 1 to {NameLengthMax} characters.";
        }

        string? problem = IsBadText(name) ? "a NUL character or half a surrogate pair in its name" : Problem(data, 1);
        return problem is null ? null : $"'{name}' has {problem}, which the server does not take. Send it without.";
    }

    static string? Problem(JsonElement value, int depth) => value.ValueKind switch
    {
        JsonValueKind.Array or JsonValueKind.Object when depth > DepthMax => $"data nested deeper than {DepthMax}",
        JsonValueKind.Array => ProblemOf(value.EnumerateArray().Select(item => Problem(item, depth + 1))),
        JsonValueKind.Object => ProblemOf(value.EnumerateObject().Select(member => TextProblem(member) ?? Problem(member.Value, depth + 1))),
        JsonValueKind.String => TextProblem(value),
        JsonValueKind.Number => IsDouble(value) ? null : "a number that no double can hold",
        _ => null,
    };

    static string? ProblemOf(IEnumerable<string?> problems) => problems.FirstOrDefault(problem => problem is not null);

    static string? TextProblem(JsonElement text) => IsReadable(() => text.GetString());

    static string? TextProblem(JsonProperty member) => IsReadable(() => member.Name);

    static string? IsReadable(Func<string?> read)
    {
        try
        {
            return IsBadText(read() ?? "") ? "a NUL character or half a surrogate pair" : null;
        }
        catch (InvalidOperationException)
        {
            return "half a surrogate pair"; // the parser's word for it
        }
    }

    static bool IsBadText(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            bool isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !isPair))
            {
                return true;
            }

            i += isPair ? 1 : 0;
        }

        return false;
    }

    /// <summary>Neither too large nor, without being 0, too small.</summary>
    static bool IsDouble(JsonElement number)
    {
        if (!number.TryGetDouble(out double value) || !double.IsFinite(value))
        {
            return false;
        }

        return value != 0 || number.GetRawText().TakeWhile(c => c is not ('e' or 'E')).All(c => c is not (>= '1' and <= '9'));
    }
}
