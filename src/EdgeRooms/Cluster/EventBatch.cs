namespace EdgeRooms.Cluster;

/// <summary>
/// Consecutive events of a room as encoded frames, joined by newlines: encoded once, shared by every member's queue. Immutable.
/// </summary>
sealed class EventBatch
{
    readonly int[] _starts;

    EventBatch(long firstSeq, ReadOnlyMemory<byte> bytes, int[] starts)
    {
        FirstSeq = firstSeq;
        Bytes = bytes;
        _starts = starts;
    }

    public long FirstSeq { get; }

    public long LastSeq => FirstSeq + _starts.Length - 1;

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>A copy that keeps nothing else in memory: what came over a link is a part of a larger message.</summary>
    public EventBatch Alone() => new(FirstSeq, Bytes.ToArray(), _starts);

    public static EventBatch Of(long firstSeq, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        if (frames.Count == 1)
        {
            return new EventBatch(firstSeq, frames[0], [0]);
        }

        int length = frames.Count - 1;
        foreach (var frame in frames)
        {
            length += frame.Length;
        }

        var bytes = new byte[length];
        var starts = new int[frames.Count];
        int at = 0;
        for (int i = 0; i < frames.Count; i++)
        {
            if (i > 0)
            {
                bytes[at++] = (byte)'\n';
            }

            starts[i] = at;
            frames[i].CopyTo(bytes.AsMemory(at));
            at += frames[i].Length;
        }

        return new EventBatch(firstSeq, bytes, starts);
    }

    /// <summary>Takes a batch's bytes apart again: frames hold no raw newline.</summary>
    public static EventBatch Parse(long firstSeq, ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var starts = new int[span.Count((byte)'\n') + 1];
        for (int i = 1; i < starts.Length; i++)
        {
            starts[i] = starts[i - 1] + span[starts[i - 1]..].IndexOf((byte)'\n') + 1;
        }

        return new EventBatch(firstSeq, bytes, starts);
    }

    /// <summary>The frames from <paramref name="seq"/> on, one by one; all where the batch begins above it.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> FramesFrom(long seq)
    {
        for (int i = (int)Math.Max(0, seq - FirstSeq); i < _starts.Length; i++)
        {
            yield return i + 1 < _starts.Length ? Bytes[_starts[i]..(_starts[i + 1] - 1)] : Bytes[_starts[i]..];
        }
    }

    /// <summary>The frames from <paramref name="seq"/> on, joined; seq lies within the batch.</summary>
    public ReadOnlyMemory<byte> From(long seq) => seq <= FirstSeq ? Bytes : Bytes[_starts[(int)(seq - FirstSeq)]..];
}
