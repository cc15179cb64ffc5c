using System.Text.Json;

using EdgeRooms.Cluster;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>
/// A room's events as server-sent events: <c>id: epoch:seq</c>, <c>event: name</c>, <c>data: the event frame</c>. Runs on the request's task until
/// the client goes, the token ends or the process stops; it resumes by <c>Last-Event-ID</c>.
/// </summary>
sealed class SseStream : IRouterClient, IConnectionTransport
{
    static readonly TimeSpan CommentEvery = TimeSpan.FromSeconds(15);

    readonly Router _router;
    readonly HttpContext _context;
    readonly Outbound _outbound;
    readonly SemaphoreSlim _writing = new(1);
    Watch? _watch;
    long _commentAt;

    SseStream(Router router, HttpContext context, Principal principal)
    {
        _router = router;
        _context = context;
        Principal = principal;
        Stamp = router.NextStamp();
        _outbound = new Outbound(this, router.Services);
        _commentAt = router.Services.Clock.GetTimestamp();
    }

    public Principal Principal { get; }

    public ConnectionStamp Stamp { get; }

    public bool TakesBatches => false;

    public static async Task RunAsync(Router router, HttpContext context, RoomId room, RoomKind kind, Principal principal)
    {
        var (epoch, after) = Position(context.Request);
        var stream = new SseStream(router, context, principal);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.StartAsync(context.RequestAborted);
        await stream.WriteAsync(": edgerooms\n\n"u8.ToArray());
        router.Feed(room, feed =>
        {
            stream._watch = new Watch(feed, kind, stream._outbound, principal);
            stream._watch.Start(epoch, after);
        });
        router.Add(stream);
        await using var gone = context.RequestAborted.Register(() => stream._outbound.Close(CloseCode.Normal, "gone"));
        try
        {
            await stream._outbound.PumpAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client went in the middle of a write.
        }
        finally
        {
            router.Remove(stream);
            stream._watch!.Stop();
        }
    }

    public void OnTick()
    {
        _outbound.CutIfStuck();
        if (Principal.ExpiresAt <= _router.Services.Clock.GetUtcNow())
        {
            _outbound.Close(CloseCode.TokenExpired, "token expired");
        }
        else if (_router.Services.Clock.GetElapsedTime(_commentAt) > CommentEvery)
        {
            _commentAt = _router.Services.Clock.GetTimestamp();
            _ = PingAsync().AsTask().ContinueWith(static t => t.Exception, TaskScheduler.Default); // observed: the pump sees the same
        }
    }

    public void GoAway(int minDelayMs, int maxDelayMs) => _outbound.Close(CloseCode.Restart, "restart");

    public void Kick(string why)
    {
        if (!_outbound.IsClosing)
        {
            _outbound.Add(ServerFrame.Error(null, null, null, new RoomError(ErrorCode.Forbidden, why)));
            _outbound.Close(CloseCode.Kicked, "kicked");
        }
    }

    public void Cut() => Abort();

    public void Abort() => _context.Abort();

    public ValueTask PingAsync() => WriteAsync(": ping\n\n"u8.ToArray());

    public ValueTask CloseAsync(int code, string reason) => ValueTask.CompletedTask;

    public ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        var to = new FrameWriter();
        var (type, name, seq) = Read(message.Span);
        if (type == "event")
        {
            to.Raw("id: "u8).Number(_watch!.Epoch).Raw(":"u8).Number(seq).Raw("\n"u8);
        }

        return WriteAsync(to.Raw("event: "u8).Raw(System.Text.Encoding.UTF8.GetBytes(type == "event" ? name : type))
            .Raw("\ndata: "u8).Raw(message.Span).Raw("\n\n"u8).Take());
    }

    async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync();
        try
        {
            await _context.Response.Body.WriteAsync(bytes);
            await _context.Response.Body.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Where to start: <c>Last-Event-ID: epoch:seq</c> of a reconnecting browser, else <c>?after=</c>, else live.</summary>
    static (long? Epoch, long? After) Position(HttpRequest request)
    {
        string last = request.Headers["Last-Event-ID"].ToString();
        int colon = last.IndexOf(':');
        if (colon > 0 && long.TryParse(last.AsSpan(colon + 1), out long seq))
        {
            return (FrameReader.ParseEpoch(last[..colon]), seq);
        }

        return (FrameReader.ParseEpoch(request.Query["epoch"]), long.TryParse(request.Query["after"], out long after) ? after : null);
    }

    static (string Type, string Name, long Seq) Read(ReadOnlySpan<byte> frame)
    {
        string type = "", name = "";
        long seq = 0;
        var json = new Utf8JsonReader(frame, new JsonReaderOptions { MaxDepth = 256 });
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            bool isType = json.ValueTextEquals("type"u8), isName = json.ValueTextEquals("name"u8), isSeq = json.ValueTextEquals("seq"u8);
            json.Read();
            if (isType)
            {
                type = json.GetString()!;
            }
            else if (isName)
            {
                name = json.GetString()!.Replace('\n', ' ').Replace('\r', ' ');
            }
            else if (isSeq)
            {
                seq = json.GetInt64();
            }
            else
            {
                json.Skip();
            }
        }

        return (type, name, seq);
    }
}
