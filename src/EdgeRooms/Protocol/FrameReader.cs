using System.Text;
using System.Text.Json;

namespace EdgeRooms.Protocol;

/// <summary>
/// Reads client messages: one or several JSON objects, separated by white space. Stateless, called on each connection's receive loop.
/// Refuses what jsonb cannot hold before it reaches a batch (HARD-CASES 2): NUL, lone surrogates, data deeper than 64, numbers
/// that a double cannot hold. Unknown fields are checked the same and otherwise ignored; a known one stands once.
/// </summary>
static class FrameReader
{
    /// <summary>Depth of <c>data</c>, the frame's own object not counted.</summary>
    public const int DataDepthMax = 64;

    static readonly JsonReaderOptions Options = new() { MaxDepth = DataDepthMax + 1, AllowMultipleValues = true };

    /// <summary>
    /// Reads the next frame and moves <paramref name="message"/> behind it; null at the message's end. A malformed frame throws
    /// <see cref="FrameException"/> with the message moved behind its line.
    /// </summary>
    public static ClientFrame? Read(ref ReadOnlySpan<byte> message)
    {
        message = message.TrimStart(" \t\r\n"u8);
        if (message.IsEmpty)
        {
            return null;
        }

        var whole = message;
        var json = new Utf8JsonReader(whole, Options);
        try
        {
            var frame = ReadObject(ref json, whole);
            if (frame.Type is null)
            {
                throw new FrameException("The frame has no 'type'.");
            }

            message = whole[(int)json.BytesConsumed..];
            return frame;
        }
        catch (Exception e) when (e is JsonException or FrameException or InvalidOperationException or FormatException)
        {
            // From the frame's start: one that was cut off would take the line after it along.
            int line = whole.IndexOf((byte)'\n');
            message = line < 0 ? default : whole[(line + 1)..];
            string text = (e as FrameException)?.Message
                ?? "The frame is not a JSON object that can be read (is its nesting over 64?): send one object a frame, as PROTOCOL.md says.";
            throw new FrameException(text) { Id = IdOf(whole) };
        }
    }

    /// <summary>The id of a frame that is not taken, as far as it can be read, so that whoever waits for its answer gets it.</summary>
    static long? IdOf(ReadOnlySpan<byte> frame)
    {
        long? id = null;
        var json = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = frame.Length, AllowMultipleValues = true });
        try
        {
            bool inside = json.Read() && json.TokenType == JsonTokenType.StartObject;
            while (inside && json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                bool isId = json.ValueTextEquals("id"u8);
                json.Read();
                if (isId && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long value))
                {
                    id = value;
                }

                json.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
        }

        return id;
    }

    /// <summary>Reads the one object of an HTTP body by the same rules. Throws <see cref="FrameException"/>.</summary>
    public static ClientFrame ReadBody(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (!System.Text.Unicode.Utf8.IsValid(body.Span))
            {
                throw new FrameException("The body is not UTF-8.");
            }

            var json = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = DataDepthMax + 1 });
            var frame = ReadObject(ref json, body.Span);
            return json.Read() ? throw new FrameException("There is more than one JSON value.") : frame;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FrameException("The body is not a JSON object that can be stored (is its nesting over 64?).");
        }
    }

    static ClientFrame ReadObject(ref Utf8JsonReader json, ReadOnlySpan<byte> whole)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new FrameException("A frame is a JSON object.");
        }

        var frame = new ClientFrame();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            CheckText(ref json);
            var name = json.ValueIsEscaped ? Encoding.UTF8.GetBytes(json.GetString()!) : json.ValueSpan;
            json.Read();
            ReadField(frame, name, ref json, whole);
        }

        return frame;
    }

    static void ReadField(ClientFrame frame, ReadOnlySpan<byte> name, ref Utf8JsonReader json, ReadOnlySpan<byte> whole)
    {
        switch (name.Length)
        {
            case 2 when name.SequenceEqual("id"u8): frame.Id = Integer(ref json, "id", frame.Id); return;
            case 3 when name.SequenceEqual("cmd"u8): frame.Cmd = Integer(ref json, "cmd", frame.Cmd); return;
            case 4 when name.SequenceEqual("type"u8): frame.Type = Text(ref json, "type", frame.Type); return;
            case 4 when name.SequenceEqual("name"u8): frame.Name = Text(ref json, "name", frame.Name); return;
            case 4 when name.SequenceEqual("room"u8): frame.Room = Text(ref json, "room", frame.Room); return;
            case 4 when name.SequenceEqual("data"u8): frame.Data = Data(ref json, whole, frame.Data); return;
            case 5 when name.SequenceEqual("since"u8): frame.Since = Integer(ref json, "since", frame.Since); return;
            case 5 when name.SequenceEqual("epoch"u8): frame.Epoch = Epoch(ref json, frame.Epoch); return;
            case 5 when name.SequenceEqual("after"u8): frame.After = Integer(ref json, "after", frame.After); return;
            case 5 when name.SequenceEqual("limit"u8): frame.Limit = Integer(ref json, "limit", frame.Limit); return;
            case 5 when name.SequenceEqual("token"u8): frame.Token = Text(ref json, "token", frame.Token); return;
            case 7 when name.SequenceEqual("session"u8): frame.Session = Text(ref json, "session", frame.Session); return;
            case 7 when name.SequenceEqual("history"u8): frame.History = Integer(ref json, "history", frame.History); return;
            default: CheckValue(ref json); return;
        }
    }

    static long? Integer(ref Utf8JsonReader json, string field, long? before) => json.TokenType switch
    {
        _ when before is not null => throw Twice(field),
        JsonTokenType.Null => null,
        JsonTokenType.Number when json.TryGetInt64(out long value) => value,
        _ => throw new FrameException($"'{field}' must be an integer."),
    };

    /// <summary>Epochs are told as strings; a number is taken as well.</summary>
    static long? Epoch(ref Utf8JsonReader json, long? before) => json.TokenType switch
    {
        _ when before is not null => throw Twice("epoch"),
        JsonTokenType.Null => null,
        JsonTokenType.Number when json.TryGetInt64(out long value) => value,
        JsonTokenType.String => ParseEpoch(Text(ref json, "epoch", null)),
        _ => throw new FrameException("'epoch' must be what 'joined' told."),
    };

    /// <summary>An epoch as a client gives it back: null where it names none; -1, which is no room's, where it is not ours.</summary>
    public static long? ParseEpoch(string? text) =>
        string.IsNullOrEmpty(text) ? null : long.TryParse(text, out long epoch) ? epoch : -1;

    static string? Text(ref Utf8JsonReader json, string field, string? before)
    {
        if (before is not null)
        {
            throw Twice(field);
        }

        if (json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (json.TokenType != JsonTokenType.String)
        {
            throw new FrameException($"'{field}' must be a string.");
        }

        if (json.ValueSpan.SequenceEqual("send"u8))
        {
            return "send"; // nearly every frame: no string of its own
        }

        CheckText(ref json);
        return json.GetString()!;
    }

    static FrameException Twice(string field) => new($"The frame has '{field}' twice.");

    static ReadOnlyMemory<byte> Data(ref Utf8JsonReader json, ReadOnlySpan<byte> whole, ReadOnlyMemory<byte> before)
    {
        if (!before.IsEmpty)
        {
            throw Twice("data");
        }

        int start = (int)json.TokenStartIndex;
        CheckValue(ref json);
        var bytes = whole[start..(int)json.BytesConsumed].ToArray();

        // Frames to clients are parted by newlines; in JSON a raw one stands between tokens only, where a space is as good.
        bytes.AsSpan().Replace((byte)'\n', (byte)' ');
        bytes.AsSpan().Replace((byte)'\r', (byte)' ');
        return bytes;
    }

    static void CheckValue(ref Utf8JsonReader json)
    {
        int depth = 0;
        do
        {
            switch (json.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray: depth++; break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray: depth--; break;
                case JsonTokenType.PropertyName or JsonTokenType.String: CheckText(ref json); break;
                case JsonTokenType.Number: CheckNumber(ref json); break;
            }
        }
        while ((depth > 0 || json.TokenType == JsonTokenType.PropertyName) && json.Read());
    }

    static void CheckText(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
        {
            return;
        }

        byte[]? rented = null;
        int length = json.ValueSpan.Length;
        Span<byte> text = length <= 512 ? stackalloc byte[512] : rented = System.Buffers.ArrayPool<byte>.Shared.Rent(length);
        try
        {
            // Throws InvalidOperationException for a lone surrogate.
            int written = json.CopyString(text);
            if (text[..written].Contains((byte)0))
            {
                throw new FrameException("The frame holds a NUL character (\\u0000), which cannot be stored.");
            }
        }
        catch (InvalidOperationException)
        {
            throw new FrameException("The frame holds a lone surrogate (\\ud800 to \\udfff), which is no character.");
        }
        finally
        {
            if (rented is not null)
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    static void CheckNumber(ref Utf8JsonReader json)
    {
        var digits = json.ValueSpan;
        if (digits.Length <= 300 && digits.IndexOfAny((byte)'e', (byte)'E') < 0)
        {
            return;
        }

        bool read = json.TryGetDouble(out double value);
        if (!read || !double.IsFinite(value) || (value == 0 && HasDigit(digits)))
        {
            throw new FrameException("The frame holds a number outside the range of a double.");
        }
    }

    static bool HasDigit(ReadOnlySpan<byte> digits)
    {
        int exponent = digits.IndexOfAny((byte)'e', (byte)'E');
        return (exponent < 0 ? digits : digits[..exponent]).IndexOfAnyInRange((byte)'1', (byte)'9') >= 0;
    }
}

/// <summary>A frame that cannot be taken, with the sentence its sender gets.</summary>
sealed class FrameException(string message) : Exception(message)
{
    /// <summary>The frame's id, where it has one that could be read.</summary>
    public long? Id { get; init; }
}
