using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client.Links;

/// <summary>One connection: from its token to its close.</summary>
sealed partial class Link
{
    static readonly TimeSpan TokenMargin = TimeSpan.FromMinutes(1);
    static readonly TimeSpan TokenPause = TimeSpan.FromSeconds(30);
    static readonly TimeSpan TokenNearEnd = TimeSpan.FromSeconds(2);

    string _token = "";

    /// <summary>Outside of turns: a token may take long, and its provider is the user's. Never fails.</summary>
    async Task ConnectAsync(int turn)
    {
        string token;
        try
        {
            token = await AskTokenAsync().ConfigureAwait(false);
        }
        catch (Exception e) // the user's code
        {
            _settings.Gate.Run(() => OnNoToken(turn, e));
            return;
        }

        _settings.Gate.Run(() =>
        {
            if (turn == _turn)
            {
                Open(token);
            }
        });
    }

    /// <summary>A provider that never answers holds up no end.</summary>
    async Task<string> AskTokenAsync()
    {
        string? token = await _settings.Token(_stopping.Token).WaitAsync(_stopping.Token).ConfigureAwait(false);
        return token?.Trim() ?? throw new EdgeRoomsException("unauthenticated", "The 'Token' option returned null. Let it return a fresh JWT.");
    }

    void OnNoToken(int turn, Exception error)
    {
        if (turn != _turn)
        {
            return;
        }

        if (error is EdgeRoomsException { Retry: false } final)
        {
            Stop(final);
            return;
        }

        _settings.Logger.NoToken(error);
        ComeBack();
    }

    void Open(string token)
    {
        _token = token;
        var connection = new Connection(this, _settings.Gate);
        _connection = connection;
        var socket = connection.Socket = _settings.Dial(connection);
        _settings.Gate.Afterwards(() => Keep(socket.Ended));
    }

    public void OnOpen()
    {
        TryWrite(new ClientFrame("hello") { Token = _token, Session = _owner.SessionId, Client = ClientName });
        _owner.OnUp();
    }

    public void OnMessage(Connection connection, List<ServerFrame>? frames)
    {
        _liveness.Heard();
        if (frames is null)
        {
            Abandon();
            return;
        }

        foreach (var frame in frames)
        {
            if (!IsCurrent(connection))
            {
                return; // a frame before this one ended the connection
            }

            OnFrame(frame);
        }
    }

    void OnFrame(ServerFrame frame)
    {
        switch (frame)
        {
            case { Type: "welcome" }:
                OnWelcome(frame);
                break;
            case { Type: "goaway" }:
                OnGoAway(frame);
                break;
            case { Id: { } id }:
                _requests.Answer(id, frame);
                break;
            default:
                _owner.OnFrame(frame);
                break;
        }
    }

    void OnWelcome(ServerFrame frame)
    {
        _timers.Clear("welcome");
        _tokensRefused = 0;
        _liveSince = Now;
        _liveness.Watch(frame.PingMs is { } ms and > 0 ? TimeSpan.FromMilliseconds(ms) : PingEvery);
        RefreshTokenBefore(frame.ExpiresAt);
        _settings.Logger.Connected(frame.Node, frame.User);
        _owner.OnFrame(frame);
        SetStatus(LinkStatus.Live);
    }

    /// <summary>The window wins, also when the server closes first; until then the connection is used.</summary>
    void OnGoAway(ServerFrame frame)
    {
        double window = Math.Max(0, frame.MaxDelayMs - frame.MinDelayMs);
        var wait = TimeSpan.FromMilliseconds(frame.MinDelayMs + (_settings.Random.NextDouble() * window));
        _returnAt = Now + wait;
        _timers.Set("goaway", wait, _ => Abandon(TimeSpan.Zero));
    }

    public void OnClosed(int code, string reason)
    {
        _settings.Logger.Disconnected(code, reason);
        LetGo(closeCode: null);
        var after = AfterClose.Of(code, reason);
        switch (after.Next)
        {
            case NextStep.Stop:
                Stop(new EdgeRoomsException(after.Code, after.Message));
                break;
            case NextStep.FreshToken when ++_tokensRefused >= TokensRefusedMax:
                Stop(new EdgeRoomsException("unauthenticated", $"The server refuses the token ({reason}). Let the 'Token' option return a fresh JWT each time."));
                break;
            case NextStep.Now:
                ComeBack(AtOnceAtFirst());
                break;
            default:
                ComeBack(attemptMin: after.AttemptMin);
                break;
        }
    }

    void RefreshTokenBefore(long? expiresAt)
    {
        if (expiresAt is not { } ms || ms <= 0)
        {
            return;
        }

        var left = DateTimeOffset.FromUnixTimeMilliseconds(ms) - _settings.Time.GetUtcNow();
        // By a clock of ours that is wrong it may be over already; then asking again and again would not help either.
        var wait = left <= TimeSpan.Zero ? TokenPause : left - (left / 2 < TokenMargin ? left / 2 : TokenMargin);
        _timers.Set("auth", wait, _ =>
        {
            int turn = _turn;
            _settings.Gate.Afterwards(() => Keep(RefreshTokenAsync(turn, ms)));
        });
    }

    /// <summary>Outside of turns. Never fails: where no token comes in time, 4202 makes us come back with a fresh one.</summary>
    async Task RefreshTokenAsync(int turn, long expiresAt)
    {
        string? token = null;
        try
        {
            token = await AskTokenAsync().ConfigureAwait(false);
        }
        catch (Exception e) // the user's code
        {
            _settings.Logger.NoToken(e);
        }

        _settings.Gate.Run(() =>
        {
            if (turn != _turn)
            {
                return;
            }

            if (token is not null)
            {
                Request(new ClientFrame("auth") { Token = token }, answer => RefreshTokenBefore(answer is { Type: "authed" } ? answer.ExpiresAt : null));
            }
            else if (DateTimeOffset.FromUnixTimeMilliseconds(expiresAt) - _settings.Time.GetUtcNow() > TokenNearEnd)
            {
                RefreshTokenBefore(expiresAt);
            }
        });
    }
}
