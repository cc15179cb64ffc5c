using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

namespace EdgeRooms.Tests.Live;

/// <summary>
/// One session on one socket in some rooms, as a good SDK would be: resumes where it was, at another router when its own is gone, and sends again what is
/// not acked. Its receive loop, its sender and its timer share one lock; ends with <see cref="StopAsync"/>.
/// </summary>
sealed partial class LoadClient
{
    const int MessageBytesMax = 32 * 1024;
    static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(250);

    readonly Lock _lock = new();
    readonly Load _load;
    readonly Dictionary<string, LoadRoom> _rooms;
    readonly CancellationTokenSource _stopping = new();
    readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly string _user;
    readonly string _token;
    readonly int _number;
    Channel<string> _out = NewOut();
    TaskCompletionSource? _answered;
    Task _running = Task.CompletedTask;
    Task _timing = Task.CompletedTask;
    string? _session;
    int _goAwayMs;
    int _door;
    bool _sends;
    bool _wasOpen;
    volatile ClientWebSocket? _socket;
    volatile bool _ended;

    public LoadClient(Load load, int number, string user, IEnumerable<RoomTruth> rooms, int window)
    {
        (_load, _number, _user, _door) = (load, number, user, number);
        _token = LiveTokens.For(user);
        _rooms = rooms.ToDictionary(r => r.Room, r => new LoadRoom(this, r, window));
    }

    public string User => _user;

    public IReadOnlyCollection<LoadRoom> Rooms => _rooms.Values;

    public string? Session => _session;

    /// <summary>Ends when it is in all its rooms for the first time.</summary>
    public Task Joined => _joined.Task;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Sends from now on: as fast as its window allows, or one command a room each <paramref name="every"/>.</summary>
    public void BeginSending(TimeSpan? every)
    {
        lock (_lock)
        {
            _sends = every is null;
            SendNew();
        }

        if (every is { } pause)
        {
            _timing = Task.Run(() => TimeAsync(pause));
        }
    }

    /// <summary>One new command in each room now.</summary>
    public void SendOne()
    {
        lock (_lock)
        {
            foreach (var room in _rooms.Values)
            {
                room.SendNew(1);
            }
        }
    }

    public void Mark(long now)
    {
        lock (_lock)
        {
            foreach (var room in _rooms.Values)
            {
                room.Mark(now);
            }
        }
    }

    /// <summary>Nothing new from now on; ends when all is answered.</summary>
    public async Task FinishAsync()
    {
        lock (_lock)
        {
            _sends = false;
            _answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            LookAnswered();
        }

        await _stopping.CancelAsync();
        await _timing;
        await _answered.Task;
    }

    public string Waiting()
    {
        lock (_lock)
        {
            return $"{_user}: " + string.Join("; ", _rooms.Values.Where(r => r.OpenCount > 0).Take(3).Select(r => $"{r.Room} {r.Lowest}"));
        }
    }

    public Task ReachAsync(LoadRoom room, long seq)
    {
        lock (_lock)
        {
            return room.ReachAsync(seq);
        }
    }

    public async Task StopAsync()
    {
        _ended = true;
        _socket?.Abort();
        await _running;
    }

    public void Violation(string what) => _load.Violation($"{_user} in {what}");

    public void Took(TimeSpan time) => _load.Acked(time);

    public void Refused(string? code) => _load.Refused(code);

    public void Post(string frame) => _out.Writer.TryWrite(frame);

    static Channel<string> NewOut() => Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });

    async Task TimeAsync(TimeSpan every)
    {
        // Clients spread over the interval by their number, so that the load is even.
        await Task.Delay(every * (_number % 97 / 97.0), _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_stopping.IsCancellationRequested)
        {
            SendOne();
            await Task.Delay(every, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task RunAsync()
    {
        while (!_ended)
        {
            try
            {
                await ConnectAndReadAsync();
            }
            catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or HttpRequestException or ObjectDisposedException)
            {
                // closed, or not there yet
            }
            catch (Exception e)
            {
                Violation($"its own code: {e}");
            }

            await ClosedAsync();
        }
    }

    /// <summary>After a close: told to the load, and the wait until it comes again.</summary>
    async Task ClosedAsync()
    {
        lock (_lock)
        {
            foreach (var room in _rooms.Values)
            {
                room.OnClosed();
            }
        }

        if (_ended)
        {
            return;
        }

        if (_wasOpen)
        {
            _load.Closed(_user, (int?)_socket?.CloseStatus, _socket?.CloseStatusDescription);
        }

        _door++;
        var wait = _goAwayMs > 0 ? TimeSpan.FromMilliseconds(_goAwayMs * Random.Shared.NextDouble()) : AgainAfter * Random.Shared.NextDouble();
        _goAwayMs = 0;
        await Task.Delay(wait); // a client's back-off, as PROTOCOL.md asks
    }

    async Task ConnectAndReadAsync()
    {
        _wasOpen = false;
        using var socket = new ClientWebSocket();
        socket.Options.KeepAliveInterval = TimeSpan.Zero;
        _socket = socket;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        string session = _session is null ? "" : $"&session={Uri.EscapeDataString(_session)}";
        var door = _load.Door(_door);
        if (door is null)
        {
            return;
        }

        await socket.ConnectAsync(new Uri($"ws://{door.Host}:{door.Port}/rooms?batch=1&token={_token}{session}"), limit.Token);
        _wasOpen = true;
        lock (_lock)
        {
            _out = NewOut();
            foreach (var room in _rooms.Values)
            {
                string resume = room.Epoch is null ? "" : $",\"epoch\":\"{room.Epoch}\",\"since\":{room.LastSeq}";
                Post($$"""{"type":"join","room":"{{room.Room}}","id":0{{resume}}}""");
            }
        }

        var sending = SendAsync(socket, _out);
        try
        {
            await ReadAsync(socket);
        }
        finally
        {
            _out.Writer.TryComplete();
            await sending;
        }
    }

    static async Task SendAsync(ClientWebSocket socket, Channel<string> frames)
    {
        var message = new StringBuilder();
        try
        {
            while (await frames.Reader.WaitToReadAsync())
            {
                message.Clear();
                while (message.Length < MessageBytesMax && frames.Reader.TryRead(out string? frame))
                {
                    message.Append(message.Length > 0 ? "\n" : "").Append(frame);
                }

                await socket.SendAsync(Encoding.UTF8.GetBytes(message.ToString()), WebSocketMessageType.Text, true, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // the receive loop hears of it
        }
    }

    async Task ReadAsync(ClientWebSocket socket)
    {
        var messages = new MessageReader(socket);
        while (await messages.NextAsync(CancellationToken.None) is { } message)
        {
            Take(message.Span);
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
    }
}
