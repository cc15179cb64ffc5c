using System.Buffers.Text;

using EdgeRooms.Events;

namespace EdgeRooms.Rooms;

/// <summary>
/// What a room remembers of each session's numbers, so that none has two effects (PROTOCOL rule 4, HARD-CASES 13, 14, 16). Rebuilt from
/// snapshot and stream; owned by the room's loop. Bounded: past the capacity the oldest session by issue time goes and leaves a watermark.
/// </summary>
sealed class SessionLedger(int capacity)
{
    readonly Dictionary<string, Entry> _entries = [];
    readonly PriorityQueue<string, long> _byIssue = new();

    /// <summary>Sessions issued at or before this (Unix ms) and not in the ledger were forgotten.</summary>
    public long WatermarkMs { get; private set; }

    public IEnumerable<KeyValuePair<string, Entry>> Entries => _entries;

    /// <summary>What the ledger says of a number. A number above the highest is new, whatever lies between.</summary>
    public Verdict Look(string session, long cmd)
    {
        if (!_entries.TryGetValue(session, out var entry))
        {
            return SessionKey.IssuedMs(session) <= WatermarkMs ? Verdict.Forgotten : Verdict.New;
        }

        if (cmd > entry.Top)
        {
            return Verdict.New;
        }

        long distance = entry.Top - cmd;
        return distance >= EffectSet.Size || entry.Done.Has(distance) ? Verdict.TookEffect : Verdict.Refused;
    }

    /// <summary>The highest number that was judged; 0 for an unknown session.</summary>
    public long TopOf(string session) => _entries.TryGetValue(session, out var entry) ? entry.Top : 0;

    public Entry? Find(string session) => _entries.GetValueOrDefault(session);

    /// <summary>
    /// Notes a judged number above the highest. <paramref name="done"/>: it was answered by an ack; <paramref name="effect"/>: and it changed
    /// something durable. Returns the durable set, for the headers.
    /// </summary>
    public EffectSet Judge(string session, long cmd, bool done, bool effect, long seq, ReadOnlyMemory<byte> result)
    {
        var entry = EntryOf(session);
        long by = cmd - entry.Top;
        entry.Effects = entry.Effects.Shift(by);
        entry.Done = entry.Done.Shift(by);
        entry.Top = cmd;
        if (done)
        {
            entry.Done = entry.Done.With(0);
            entry.Seq = seq;
            entry.Result = result;
        }

        if (effect)
        {
            entry.Effects = entry.Effects.With(0);
        }

        return entry.Effects;
    }

    /// <summary>Takes over what the stream or a snapshot says; lower numbers than known are ignored.</summary>
    public void Restore(string session, long top, EffectSet effects, long seq, ReadOnlyMemory<byte> result)
    {
        var entry = EntryOf(session);
        if (top >= entry.Top)
        {
            entry.Top = top;
            entry.Effects = effects;
            entry.Done = effects;
            entry.Seq = Math.Max(seq, entry.Seq);
            entry.Result = result;
        }
    }

    /// <summary>
    /// Takes over what the memory before this one had judged and answered without an effect, which the stream cannot tell: numbers queued behind
    /// them must not look out of order. <paramref name="undone"/>: each session's lowest number that is to be run again.
    /// </summary>
    public void CarryOver(SessionLedger before, IReadOnlyDictionary<string, long> undone)
    {
        foreach (var (session, old) in before._entries)
        {
            long top = undone.TryGetValue(session, out long lowest) ? Math.Min(old.Top, lowest - 1) : old.Top;
            if (top <= TopOf(session))
            {
                continue;
            }

            var entry = EntryOf(session);
            entry.Effects = entry.Effects.Shift(top - entry.Top);
            entry.Done = entry.Done.Shift(top - entry.Top) | old.Done.ShiftBack(old.Top - top);
            entry.Top = top;
            if (top == old.Top)
            {
                (entry.Seq, entry.Result) = (old.Seq, old.Result);
            }
        }
    }

    public void RestoreWatermark(long ms) => WatermarkMs = Math.Max(WatermarkMs, ms);

    Entry EntryOf(string session)
    {
        if (_entries.TryGetValue(session, out var entry))
        {
            return entry;
        }

        entry = new Entry();
        _entries.Add(session, entry);
        _byIssue.Enqueue(session, SessionKey.IssuedMs(session));
        if (_entries.Count > capacity && _byIssue.TryDequeue(out string? oldest, out long issued))
        {
            _entries.Remove(oldest);
            WatermarkMs = Math.Max(WatermarkMs, issued);
        }

        return entry;
    }

    public sealed class Entry
    {
        /// <summary>The highest judged number.</summary>
        public long Top { get; set; }

        /// <summary>Durable: which numbers up to the top changed something.</summary>
        public EffectSet Effects { get; set; }

        /// <summary>In memory: which were acked, those without an effect included (HARD-CASES 11).</summary>
        public EffectSet Done { get; set; }

        /// <summary>The seq that the last acked number was acked with.</summary>
        public long Seq { get; set; }

        /// <summary>The last acked number's result; told again only while that number is the highest.</summary>
        public ReadOnlyMemory<byte> Result { get; set; }
    }

    public enum Verdict
    {
        New,
        TookEffect,
        Refused,
        Forgotten,
    }
}

/// <summary>The public part of a session id, as rooms and streams keep it: base64url of 6 bytes of issue time (Unix ms) and 10 random ones.</summary>
static class SessionKey
{
    public const int TextLength = 22;

    public static string Make(long issuedMs)
    {
        Span<byte> bytes = stackalloc byte[16];
        System.Security.Cryptography.RandomNumberGenerator.Fill(bytes);
        for (int i = 0; i < 6; i++)
        {
            bytes[i] = (byte)(issuedMs >> (8 * (5 - i)));
        }

        return Base64Url.EncodeToString(bytes);
    }

    public static long IssuedMs(string key)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (key.Length != TextLength || !Base64Url.TryDecodeFromChars(key, bytes, out int written) || written != 16)
        {
            return 0;
        }

        long ms = 0;
        for (int i = 0; i < 6; i++)
        {
            ms = (ms << 8) | bytes[i];
        }

        return ms;
    }
}
