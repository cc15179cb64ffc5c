using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace EdgeRooms.Cluster.Links;

/// <summary>
/// Writes link messages one behind the other: <c>int32 length, byte type, fields</c>, little endian. Numbers are zig-zag varints, texts and bytes carry
/// their length + 1 (0: null). Not thread safe.
/// </summary>
sealed class LinkWriter
{
    const int KeptBytesMax = 1024 * 1024;

    ArrayBufferWriter<byte> _buffer = new(4096);
    int _start;

    public int Length => _buffer.WrittenCount;

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Begin(LinkMessage type)
    {
        _start = _buffer.WrittenCount;
        _buffer.GetSpan(5)[4] = (byte)type;
        _buffer.Advance(5);
    }

    public void End() =>
        BinaryPrimitives.WriteInt32LittleEndian(
            System.Runtime.InteropServices.MemoryMarshal.AsMemory(_buffer.WrittenMemory).Span[_start..], _buffer.WrittenCount - _start - 4);

    public void Reset()
    {
        if (_buffer.Capacity > KeptBytesMax)
        {
            _buffer = new ArrayBufferWriter<byte>(4096);
        }

        _buffer.ResetWrittenCount();
    }

    public LinkWriter Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
        return this;
    }

    public LinkWriter Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public LinkWriter Number(long value)
    {
        ulong rest = (ulong)((value << 1) ^ (value >> 63));
        var span = _buffer.GetSpan(10);
        int at = 0;
        for (; rest > 127; rest >>= 7)
        {
            span[at++] = (byte)(rest | 128);
        }

        span[at++] = (byte)rest;
        _buffer.Advance(at);
        return this;
    }

    public LinkWriter Number(long? value) => value is { } number ? Bool(true).Number(number) : Bool(false);

    public LinkWriter Text(string? value)
    {
        if (value is null)
        {
            return Number(0);
        }

        int length = Encoding.UTF8.GetByteCount(value);
        Number(length + 1);
        Encoding.UTF8.GetBytes(value, _buffer.GetSpan(length));
        _buffer.Advance(length);
        return this;
    }

    public LinkWriter Bytes(ReadOnlySpan<byte> value)
    {
        Number(value.Length + 1);
        _buffer.Write(value);
        return this;
    }

    public LinkWriter Json(JsonElement? value) => value is { } json ? Bytes(JsonSerializer.SerializeToUtf8Bytes(json)) : Number(0);

    public LinkWriter Room(RoomId room) => Text(room.ToString());
}
