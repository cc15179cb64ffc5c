using System.Diagnostics;

using EdgeRooms.Client.Protocol;

using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Links;

/// <summary>
/// The one socket of a client, made anew for as long as it takes: token, hello, liveness, close codes, back-off. Called in turns of the gate only, by its
/// owner, its socket and its timers; it ends by <see cref="Close"/> or for good reasons of the server, and its tasks by <see cref="EndedAsync"/>.
/// It promises one answer, or null, to each request, and OnDown between any two connections.
/// </summary>
sealed partial class Link
{
    const string ClientName = "edgerooms-net/0.1.0";
    const int AtOnceAttempts = 3;
    const int TokensRefusedMax = 2;

    /// <summary>Anything but 1000 keeps our places in the rooms for the server's grace.</summary>
    const int CloseAbandoned = 4999;
    static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(5);
    static readonly TimeSpan WelcomeWithin = TimeSpan.FromSeconds(15);
    static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(25);

    readonly LinkSettings _settings;
    readonly ILinkOwner _owner;
    readonly Timers _timers;
    readonly Requests _requests = new();
    readonly Liveness _liveness;
    readonly long _start;

    /// <summary>Tasks of sockets and token requests; each takes itself out at its end, and there are as many as connections not yet ended.</summary>
    readonly HashSet<Task> _tasks = [];
    readonly CancellationTokenSource _stopping = new();
    Connection? _connection;
    int _attempt;
    int _tokensRefused;
    TimeSpan? _liveSince;
    TimeSpan _returnAt;

    /// <summary>Grows with each connect and end, so that what an older one awaited is told from the newest.</summary>
    int _turn;

    public Link(LinkSettings settings, ILinkOwner owner)
    {
        _settings = settings;
        _owner = owner;
        _start = settings.Time.GetTimestamp();
        _timers = new Timers(settings.Time, settings.Gate);
        _liveness = new Liveness(() => Now, _timers, _requests, () => TryWrite(new ClientFrame("ping")), () => Abandon(TimeSpan.Zero));
    }

    public LinkStatus Status { get; private set; } = LinkStatus.Connecting;

    /// <summary>The socket is open and has said hello.</summary>
    public bool IsUp => _connection is { IsUp: true };

    /// <summary>So much waits to be written that commands had better wait.</summary>
    public bool IsCongested => _connection?.Socket?.IsCongested ?? false;

    /// <summary>Time since the link was made, which only ever grows.</summary>
    public TimeSpan Now => _settings.Time.GetElapsedTime(_start);

    public bool IsCurrent(Connection connection) => _connection == connection;

    public void Connect()
    {
        Debug.Assert(_settings.Gate.IsHeld, "A link is called in turns.");
        int turn = ++_turn;
        SetStatus(LinkStatus.Connecting);
        _timers.Set("welcome", WelcomeWithin, _ => Abandon()); // a black hole neither works nor fails
        _settings.Gate.Afterwards(() => Keep(ConnectAsync(turn)));
    }

    /// <summary>Lets go of the socket now: a dead one may take minutes to report its close. Comes back after the back-off, or the delay.</summary>
    public void Abandon(TimeSpan? delay = null)
    {
        LetGo(CloseAbandoned);
        ComeBack(delay);
    }

    /// <summary>For when a fresh connection is needed, soon but not in a tight loop.</summary>
    public void Restart()
    {
        _settings.Logger.Restarting();
        Abandon(AtOnceAtFirst());
    }

    public void Close()
    {
        if (Status == LinkStatus.Closed)
        {
            return;
        }

        LetGo(1000);
        SetStatus(LinkStatus.Closed);
        _settings.Gate.Afterwards(_stopping.Cancel);
    }

    /// <summary>After <see cref="Close"/>, outside of turns: sockets have ended and no token is asked for any more.</summary>
    public async Task EndedAsync()
    {
        var tasks = _settings.Gate.Run(_tasks.ToArray);
        await Task.WhenAll(tasks).ConfigureAwait(false);
    }

    public bool TryWrite(ClientFrame frame)
    {
        if (_connection is not { IsUp: true, Socket: { } socket } connection)
        {
            return false;
        }

        if (socket.TrySend(FrameWriter.Write(frame)))
        {
            return true;
        }

        // It is closing, or nobody reads there; either way only a fresh one helps. Not within this turn, whose caller is in the middle of something.
        _timers.Set("stuck", TimeSpan.Zero, _ => Abandon());
        return false;
    }

    /// <summary>Exactly one answer comes, or null.</summary>
    public void Request(ClientFrame frame, Action<ServerFrame?> answer)
    {
        long id = _requests.Add(Now, answer);
        if (TryWrite(frame with { Id = id }))
        {
            _liveness.ExpectAnswer();
        }
        else
        {
            _requests.Answer(id, null);
        }
    }

    /// <summary>No wait, unless that has not helped a few times already.</summary>
    TimeSpan? AtOnceAtFirst() => IsStable || _attempt < AtOnceAttempts ? TimeSpan.Zero : null;

    bool IsStable => _liveSince is { } since && Now - since > StableAfter;

    void LetGo(int? closeCode)
    {
        _turn++;
        var connection = _connection;
        _connection = null;
        _timers.ClearAll();
        if (closeCode is { } code)
        {
            connection?.Socket?.Close(code);
        }

        _owner.OnDown();
        _requests.Drop();
    }

    void ComeBack(TimeSpan? delay = null, int attemptMin = 0)
    {
        if (Status == LinkStatus.Closed)
        {
            return;
        }

        _attempt = Math.Max(IsStable ? 0 : _attempt, attemptMin);
        _liveSince = null;
        var backoff = Backoff.Draw(_attempt++, _settings.Random.NextDouble());
        var promised = _returnAt - Now;
        var wait = promised > TimeSpan.Zero ? promised : delay ?? backoff;
        _timers.ClearAll();
        _timers.Set("retry", wait, _ => Connect());
        _settings.Logger.ComingBack(wait);
        SetStatus(LinkStatus.Offline);
    }

    void Stop(EdgeRoomsException error)
    {
        LetGo(1000);
        SetStatus(LinkStatus.Closed);
        _settings.Gate.Afterwards(_stopping.Cancel);
        _settings.Logger.Stopped(error.Code, error.Message);
        _owner.OnStop(error);
    }

    void SetStatus(LinkStatus status)
    {
        if (status == Status)
        {
            return;
        }

        Status = status;
        _owner.OnLinkStatus();
    }

    /// <summary>Keeps a task until its end, for <see cref="EndedAsync"/>.</summary>
    void Keep(Task task)
    {
        _settings.Gate.Run(() => _tasks.Add(task));
        _ = task.ContinueWith(
            ended => _settings.Gate.Run(() => _tasks.Remove(ended)), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
