using System.Buffers.Binary;

namespace EdgeRooms.Events;

/// <summary>
/// Which of the 256 numbers that end at a session's highest one took effect: bit i stands for <c>top - i</c>.
/// A value: adding a number makes a new set. 32 bytes, little endian words, in the stored format.
/// </summary>
readonly record struct EffectSet(ulong A, ulong B, ulong C, ulong D)
{
    public const int Size = 256;

    /// <summary>The set after the top moved up by <paramref name="by"/> numbers (at least 1), the new top's bit clear.</summary>
    public EffectSet Shift(long by)
    {
        if (by >= Size)
        {
            return default;
        }

        Span<ulong> words = [A, B, C, D];
        Span<ulong> moved = stackalloc ulong[4];
        int whole = (int)by / 64, bits = (int)by % 64;
        for (int i = 3; i >= whole; i--)
        {
            ulong low = i - whole - 1 >= 0 && bits > 0 ? words[i - whole - 1] >> (64 - bits) : 0;
            moved[i] = (words[i - whole] << bits) | low;
        }

        return new EffectSet(moved[0], moved[1], moved[2], moved[3]);
    }

    /// <summary>The set as it was when the top was lower by <paramref name="by"/> numbers; what lies above is forgotten.</summary>
    public EffectSet ShiftBack(long by)
    {
        var set = default(EffectSet);
        for (int bit = 0; bit + by < Size; bit++)
        {
            set = Has(bit + by) ? set.With(bit) : set;
        }

        return set;
    }

    public static EffectSet operator |(EffectSet x, EffectSet y) => new(x.A | y.A, x.B | y.B, x.C | y.C, x.D | y.D);

    public EffectSet With(int bit)
    {
        ulong mask = 1UL << (bit % 64);
        return (bit / 64) switch
        {
            0 => this with { A = A | mask },
            1 => this with { B = B | mask },
            2 => this with { C = C | mask },
            _ => this with { D = D | mask },
        };
    }

    public bool Has(long bit) => bit is >= 0 and < Size && (((bit / 64) switch { 0 => A, 1 => B, 2 => C, _ => D }
        >> (int)(bit % 64)) & 1) == 1;

    /// <summary>The set in which every number up to <paramref name="top"/> took effect.</summary>
    public static EffectSet All(long top)
    {
        Span<ulong> words = stackalloc ulong[4];
        long count = Math.Min(top, Size);
        for (int i = 0; i < 4; i++)
        {
            long bits = Math.Clamp(count - (i * 64L), 0, 64);
            words[i] = bits == 64 ? ulong.MaxValue : (1UL << (int)bits) - 1;
        }

        return new EffectSet(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Base64 of the 32 bytes without the zero words at the end, so a young session's set is short.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, A);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], D);
        int length = 32;
        while (length > 0 && bytes[length - 1] == 0)
        {
            length--;
        }

        return Convert.ToBase64String(bytes[..length]);
    }

    public static EffectSet Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[32];
        bytes.Clear();
        if (!Convert.TryFromBase64String(text, bytes, out _))
        {
            throw new FormatException("An effect set is base64 of at most 32 bytes.");
        }

        return new EffectSet(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]));
    }
}
