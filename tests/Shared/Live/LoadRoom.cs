using System.Diagnostics;

namespace EdgeRooms.Tests.Live;

/// <summary>
/// One session in one room: numbers its commands, keeps them until they are acked, goes back in order after a refusal with retry, and holds every event
/// against the one before. Used under its client's lock.
/// </summary>
sealed class LoadRoom(LoadClient client, RoomTruth truth, int window)
{
    readonly SortedDictionary<long, Open> _open = [];
    readonly Dictionary<long, (long Seq, bool IsDup)> _acks = [];
    TaskCompletionSource? _reached;
    long _reach;
    long _lastId;
    long _firstCmdAfterMark;
    long _markedAt;
    int _waits;

    public string Room => truth.Room;

    public RoomTruth Truth => truth;

    public string? Epoch { get; private set; }

    public long LastSeq { get; private set; }

    public bool IsJoined { get; private set; }

    public long Sent { get; private set; }

    public IReadOnlyDictionary<long, (long Seq, bool IsDup)> Acks => _acks;

    public int OpenCount => _open.Count;

    /// <summary>Since the mark: how long until the first ack of a command sent after it; null where there is none yet.</summary>
    public TimeSpan? FirstNewAck { get; private set; }

    /// <summary>Since the mark: the longest time from sending a command to its ack.</summary>
    public TimeSpan LongestAck { get; private set; }

    public string Lowest => _open.Count == 0 ? "none" : $"{_open.First().Key} of {Sent}, {_open.Count} open, joined {IsJoined}, seq {LastSeq}";

    public void Mark(long now)
    {
        (_markedAt, _firstCmdAfterMark) = (now, Sent + 1);
        (FirstNewAck, LongestAck) = (null, TimeSpan.Zero);
    }

    public void OnClosed() => IsJoined = false;

    public void OnJoined(in LoadFrame frame)
    {
        if (Epoch is not null && (!frame.Recovered || frame.Epoch != Epoch))
        {
            client.Violation($"{Room}: a resume since {LastSeq} was not served: recovered {frame.Recovered}, epoch {frame.Epoch}, seq {frame.Seq}");
        }

        LastSeq = frame.Recovered ? LastSeq : frame.Seq;
        Epoch = frame.Epoch;
        IsJoined = true;
        Resend(1);
    }

    public void OnEvent(in LoadFrame frame)
    {
        if (frame.Seq != LastSeq + 1)
        {
            client.Violation($"{Room}: event {frame.Seq} came after {LastSeq}");
        }

        if (!truth.Agrees(frame.Seq, frame.By ?? "", frame.Cmd))
        {
            client.Violation($"{Room}: event {frame.Seq} is {frame.By} {frame.Cmd} here and another elsewhere");
        }

        LastSeq = frame.Seq;
        if (LastSeq >= _reach)
        {
            _reached?.TrySetResult();
        }
    }

    public bool OnAck(in LoadFrame frame)
    {
        if (!_open.Remove(frame.Cmd, out var open))
        {
            if (_acks.TryGetValue(frame.Cmd, out var before) && !before.IsDup && !frame.Dup && before.Seq != frame.Seq)
            {
                client.Violation($"{Room}: cmd {frame.Cmd} was acked at {before.Seq} and at {frame.Seq}");
            }

            return false; // a repeat that the go-back made
        }

        if (frame.Refused)
        {
            client.Violation($"{Room}: cmd {frame.Cmd} was sent again and is told to have been refused for good");
        }

        if (frame.Seq > LastSeq)
        {
            client.Violation($"{Room}: ack of {frame.Cmd} at {frame.Seq} came before its event (last {LastSeq})");
        }

        _acks[frame.Cmd] = (frame.Seq, frame.Dup);
        Measure(frame.Cmd, open);
        if (_waits == 0)
        {
            GoBack(); // refused as out of order behind this one
        }

        return true;
    }

    /// <summary>A refusal: the wait before it goes again; null where nothing is to be done.</summary>
    public TimeSpan? OnError(in LoadFrame frame)
    {
        if (!_open.TryGetValue(frame.Cmd, out var open) || open.Id != frame.Id)
        {
            return null; // of an earlier try
        }

        if (!frame.Retry)
        {
            client.Violation($"{Room}: cmd {frame.Cmd} was refused for good: {frame.Code} {frame.Text}");
            _open.Remove(frame.Cmd);
            return null;
        }

        open.IsRefused = true;
        client.Refused(frame.Code);
        if (_open.First().Key != frame.Cmd && frame.Code == "out_of_order")
        {
            return null; // goes again with what is below it
        }

        _waits++;
        return TimeSpan.FromMilliseconds(frame.WaitMs);
    }

    /// <summary>The wait that a refusal named is over.</summary>
    public void Waited()
    {
        if (--_waits == 0)
        {
            GoBack();
        }
    }

    /// <summary>Everything from the lowest refused number on again, in order.</summary>
    void GoBack()
    {
        if (IsJoined && _open.FirstOrDefault(o => o.Value.IsRefused) is { Value: not null, Key: var lowest })
        {
            Resend(lowest);
        }
    }

    /// <summary>New commands until the window is full, or at most so many.</summary>
    public void SendNew(int most = int.MaxValue)
    {
        while (IsJoined && most-- > 0 && _open.Count < window && !_open.Values.Any(o => o.IsRefused))
        {
            long cmd = ++Sent;
            _open.Add(cmd, new Open { SentAt = Stopwatch.GetTimestamp() });
            Post(cmd);
        }
    }

    public Task ReachAsync(long seq)
    {
        _reach = seq;
        _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (LastSeq >= seq)
        {
            _reached.SetResult();
        }

        return _reached.Task;
    }

    void Resend(long from)
    {
        foreach (long cmd in _open.Keys.Where(c => c >= from).ToList())
        {
            Post(cmd);
        }
    }

    void Post(long cmd)
    {
        var open = _open[cmd];
        open.Id = ++_lastId;
        open.IsRefused = false;
        client.Post($$"""{"type":"send","room":"{{Room}}","id":{{open.Id}},"cmd":{{cmd}},"name":"n","data":{{cmd}}}""");
    }

    void Measure(long cmd, Open open)
    {
        long now = Stopwatch.GetTimestamp();
        var took = Stopwatch.GetElapsedTime(open.SentAt, now);
        client.Took(took);
        if (_markedAt != 0)
        {
            LongestAck = took > LongestAck ? took : LongestAck;
            if (cmd >= _firstCmdAfterMark)
            {
                FirstNewAck ??= Stopwatch.GetElapsedTime(_markedAt, now);
            }
        }
    }

    sealed class Open
    {
        public long Id { get; set; }

        public long SentAt { get; init; }

        public bool IsRefused { get; set; }
    }
}
