using System.Text.Json;

namespace EdgeRooms.Tests.Live;

/// <summary>The fields of a server's frame that the load looks at.</summary>
struct LoadFrame
{
    public string Type;
    public string? Room;
    public string? Code;
    public string? Text;
    public string? By;
    public string? Epoch;
    public string? Session;
    public long Id;
    public long Seq;
    public long Cmd;
    public int WaitMs;
    public int MaxDelayMs;
    public bool Retry;
    public bool Dup;
    public bool Refused;
    public bool Recovered;

    public static LoadFrame Parse(ReadOnlySpan<byte> utf8)
    {
        var frame = new LoadFrame { Type = "" };
        var json = new Utf8JsonReader(utf8);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            frame.ReadField(ref json);
        }

        return frame;
    }

    void ReadField(ref Utf8JsonReader json)
    {
        var name = json.ValueSpan;
        switch (name)
        {
            case var n when n.SequenceEqual("type"u8): Type = Word(ref json); break;
            case var n when n.SequenceEqual("room"u8): Room = Word(ref json); break;
            case var n when n.SequenceEqual("code"u8): Code = Word(ref json); break;
            case var n when n.SequenceEqual("message"u8) || n.SequenceEqual("reason"u8): Text = Word(ref json); break;
            case var n when n.SequenceEqual("by"u8): By = Word(ref json); break;
            case var n when n.SequenceEqual("epoch"u8): Epoch = Word(ref json); break;
            case var n when n.SequenceEqual("session"u8): Session = Word(ref json); break;
            case var n when n.SequenceEqual("id"u8): Id = Number(ref json); break;
            case var n when n.SequenceEqual("seq"u8): Seq = Number(ref json); break;
            case var n when n.SequenceEqual("cmd"u8): Cmd = Number(ref json); break;
            case var n when n.SequenceEqual("retryAfterMs"u8): WaitMs = (int)Number(ref json); break;
            case var n when n.SequenceEqual("maxDelayMs"u8): MaxDelayMs = (int)Number(ref json); break;
            case var n when n.SequenceEqual("retry"u8): Retry = Flag(ref json); break;
            case var n when n.SequenceEqual("dup"u8): Dup = Flag(ref json); break;
            case var n when n.SequenceEqual("refused"u8): Refused = Flag(ref json); break;
            case var n when n.SequenceEqual("recovered"u8): Recovered = Flag(ref json); break;
            default: json.Skip(); break;
        }
    }

    static string Word(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.String)
        {
            json.Skip();
            return "";
        }

        // The types of nearly all frames, without an allocation for each.
        return json.ValueSpan switch
        {
            var v when v.SequenceEqual("event"u8) => "event",
            var v when v.SequenceEqual("ack"u8) => "ack",
            _ => json.GetString()!, // a string token
        };
    }

    static long Number(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.Number ? json.GetInt64() : 0;
    }

    static bool Flag(ref Utf8JsonReader json)
    {
        json.Read();
        return json.TokenType == JsonTokenType.True;
    }
}
