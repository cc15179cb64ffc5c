using System.Text;

using EdgeRooms.Protocol;

namespace EdgeRooms.Tests.Protocol;

public sealed class FrameReaderFuzzTests(ITestOutputHelper output)
{
    const int Rounds = 50_000;

    static readonly string[] Splices =
    [
        "{", "}", "[", "]", "\"", ",", ":", "\n", "\r\n", " ", "\\", "\\u0000", "\\ud83c", "\\udfb2", "1e999", "-1e-999", "null", "true", "0",
        "\"type\":", "\"data\":", "\"id\":", "\"cmd\":", "\"epoch\":", "{\"a\":", "\u0000", "\u00e9", "\U0001f3b2", "9223372036854775808",
    ];

    [Fact]
    public void No_message_makes_the_reader_throw_anything_but_a_refusal()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("EDGEROOMS_SEED"), out int given) ? given : Random.Shared.Next();
        output.WriteLine($"EDGEROOMS_SEED={seed}");
        var random = new Random(seed);
        var texts = GoldenFrame.All("client").Concat(GoldenFrame.All("client-bad")).Select(f => Encoding.UTF8.GetBytes(f.Text)).ToList();

        for (int round = 0; round < Rounds; round++)
        {
            byte[] message = random.Next(10) == 0 ? Bytes(random) : Mutated(random, texts);
            try
            {
                ReadAll(message);
            }
            catch (Exception e)
            {
                Assert.Fail($"EDGEROOMS_SEED={seed}, round {round}: {e.GetType().Name} ({e.Message}) for {Convert.ToBase64String(message)}");
            }
        }
    }

    /// <summary>As a connection reads: frame after frame, each refusal moving on, so that it ends.</summary>
    static void ReadAll(byte[] message)
    {
        ReadOnlySpan<byte> rest = message;
        for (int left = message.Length + 1; !rest.IsEmpty; left--)
        {
            Assert.True(left > 0, "The reader does not move on.");
            try
            {
                if (FrameReader.Read(ref rest) is not { } frame)
                {
                    break;
                }

                Assert.NotNull(frame.Type);
                Assert.DoesNotContain((byte)'\n', frame.Data.ToArray());
            }
            catch (FrameException)
            {
            }
        }

        try
        {
            FrameReader.ReadBody(message);
        }
        catch (FrameException)
        {
        }
    }

    static byte[] Bytes(Random random)
    {
        byte[] bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    static byte[] Mutated(Random random, List<byte[]> texts)
    {
        List<byte> bytes = [.. texts[random.Next(texts.Count)]];
        for (int changes = random.Next(1, 6); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Splices[random.Next(Splices.Length)]));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(20), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, texts[random.Next(texts.Count)]);
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(30), bytes.Count - at)));
                    break;
            }
        }

        return [.. bytes];
    }
}
