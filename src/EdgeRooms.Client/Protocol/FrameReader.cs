using System.Text.Json;

namespace EdgeRooms.Client.Protocol;

/// <summary>The frames of one message: one, or several between newlines.</summary>
static class FrameReader
{
    /// <exception cref="JsonException">A line is no frame.</exception>
    public static List<ServerFrame> Read(ReadOnlySpan<byte> message)
    {
        var frames = new List<ServerFrame>(1);
        foreach (var range in message.Split((byte)'\n'))
        {
            var line = message[range];
            if (line.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            frames.Add(JsonSerializer.Deserialize(line, FrameJson.Default.ServerFrame) ?? throw new JsonException("A frame is a JSON object."));
        }

        return frames;
    }
}
