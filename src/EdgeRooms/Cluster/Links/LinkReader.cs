using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// Reads what <see cref="LinkWriter"/> wrote. Throws <see cref="InvalidDataException"/> where the bytes are none of it, which ends the link: both ends
/// are our own, so that is a defect or another protocol.
/// </summary>
ref struct LinkReader(ReadOnlyMemory<byte> memory)
{
    ReadOnlyMemory<byte> _rest = memory;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>The next message of a batch.</summary>
    public (LinkMessage Type, ReadOnlyMemory<byte> Fields) Message()
    {
        if (_rest.Length < 5)
        {
            throw Broken();
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(_rest.Span);
        if (length < 1 || length > _rest.Length - 4)
        {
            throw Broken();
        }

        var message = _rest.Slice(4, length);
        _rest = _rest[(4 + length)..];
        return ((LinkMessage)message.Span[0], message[1..]);
    }

    public byte Byte()
    {
        byte value = Take(1).Span[0];
        return value;
    }

    public bool Bool() => Byte() != 0;

    public long Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Byte();
            value |= (ulong)(next & 127) << shift;
            if (next < 128)
            {
                return (long)(value >> 1) ^ -(long)(value & 1);
            }
        }

        throw Broken();
    }

    public long? OptionalNumber() => Bool() ? Number() : null;

    public int Count()
    {
        long count = Number();
        return count >= 0 && count <= _rest.Length ? (int)count : throw Broken();
    }

    public string? OptionalText() => Optional() is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null;

    public string Text() => OptionalText() ?? throw Broken();

    /// <summary>A part of the message's own memory.</summary>
    public ReadOnlyMemory<byte> Bytes() => Optional() ?? throw Broken();

    public JsonElement? Json() => Optional() is { } bytes ? JsonElement.Parse(bytes.Span) : null;

    public RoomId Room() => RoomId.TryParse(Text(), out var room) ? room : throw Broken();

    ReadOnlyMemory<byte>? Optional()
    {
        long length = Number() - 1;
        if (length < 0)
        {
            return null; // not in a conditional expression: there null would become an empty memory
        }

        return length <= _rest.Length ? Take((int)length) : throw Broken();
    }

    ReadOnlyMemory<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw Broken();
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    static InvalidDataException Broken() => new("A link message is broken; do both processes run a version that can talk to the other?");
}
