using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeRooms.Protocol;

/// <summary>
/// Builds server frames as UTF-8 JSON by appending. Not thread safe; <see cref="Take"/> hands out an exact copy and empties the writer,
/// so one writer serves a room for its life.
/// </summary>
sealed class FrameWriter
{
    [ThreadStatic]
    static FrameWriter? t_ofThread;

    byte[] _buffer = new byte[512];
    int _length;

    /// <summary>The thread's own, for a frame that is built and taken at once.</summary>
    public static FrameWriter OfThread
    {
        get
        {
            var own = t_ofThread ??= new FrameWriter();
            own._length = 0; // whatever became of the last frame
            return own;
        }
    }

    public FrameWriter Raw(ReadOnlySpan<byte> utf8)
    {
        Reserve(utf8.Length);
        utf8.CopyTo(_buffer.AsSpan(_length));
        _length += utf8.Length;
        return this;
    }

    public FrameWriter Number(long value)
    {
        Reserve(20);
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_length), out int written);
        _length += written;
        return this;
    }

    /// <summary>A quoted, escaped JSON string.</summary>
    public FrameWriter Text(string value)
    {
        if (value.AsSpan().IndexOfAnyExcept(Plain) < 0)
        {
            Reserve(value.Length + 2);
            _buffer[_length++] = (byte)'"';
            _length += Encoding.ASCII.GetBytes(value, _buffer.AsSpan(_length));
            _buffer[_length++] = (byte)'"';
            return this;
        }

        return Raw("\""u8).Raw(JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes).Raw("\""u8);
    }

    public FrameWriter Bool(bool value) => Raw(value ? "true"u8 : "false"u8);

    public ReadOnlyMemory<byte> Take()
    {
        var frame = _buffer.AsSpan(0, _length).ToArray();
        _length = 0;
        return frame;
    }

    static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-/.:;,@#!?()[]{}=*$% ");

    void Reserve(int more)
    {
        if (_buffer.Length - _length < more)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + more));
        }
    }
}
