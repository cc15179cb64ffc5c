using System.Buffers.Text;
using System.Security.Cryptography;

using EdgeRooms.Cluster;
using EdgeRooms.Events;
using EdgeRooms.Protocol;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>State, pages and commands over HTTP (PROTOCOL.md "HTTP"). Each request is one task; bounded by the request timeout.</summary>
sealed class HttpRooms(ClusterProcess process, ITokenValidator tokens)
{
    const int KeyLengthMax = 256;
    const int PageLimit = 100;
    const int PageLimitMax = 500;

    public async Task<IResult> ReadAsync(HttpContext context, RoomId room)
    {
        var (principal, kind, refusal) = await AdmitAsync(context, room, Right.Join);
        if (refusal is not null)
        {
            return refusal;
        }

        if (context.Request.Query["at"] is { Count: > 0 } at)
        {
            return !principal!.Rights.Allow(room, Right.History) ? Forbidden(room, "history")
                : !long.TryParse(at[0], out long seq) || seq < 0 ? Bad("'at' is a seq, from 0 on.")
                : await ReadPastAsync(kind!, room, seq, principal);
        }

        var reply = await CallAsync(room, p => new ReadRequest(room, CallerOf(principal!), p), mayResend: true);
        return reply is StateReply state
            ? Json(StateBody(room, state.Epoch, state.Seq, state.State, state.Members))
            : Refused(reply);
    }

    public async Task<IResult> PageAsync(HttpContext context, RoomId room)
    {
        var (_, kind, refusal) = await AdmitAsync(context, room, Right.History);
        if (refusal is not null)
        {
            return refusal;
        }

        var query = context.Request.Query;
        long after = 0, limit = PageLimit;
        if ((query["after"] is { Count: > 0 } a && (!long.TryParse(a[0], out after) || after < 0))
            || (query["limit"] is { Count: > 0 } l && (!long.TryParse(l[0], out limit) || limit < 1)))
        {
            return Bad("'after' is a seq from 0 on, 'limit' a number from 1 on.");
        }

        try
        {
            using var timeout = Timeout(context);
            var page = await HistoryPage.ReadAsync(
                process.Router.Services.Log, kind!, room, after, (int)Math.Min(limit, PageLimitMax), timeout.Token);
            return Json(ServerFrame.HttpPage(room, page.Epoch, page.Frames, page.More));
        }
        catch (Exception e) when (Outage.Is(e))
        {
            return Away();
        }
    }

    public async Task<IResult> CommandAsync(HttpContext context, RoomId room)
    {
        var (principal, _, refusal) = await AdmitAsync(context, room, Right.Send);
        if (refusal is not null)
        {
            return refusal;
        }

        var services = process.Router.Services;
        var (body, tooLarge) = await ReadBodyAsync(context.Request, services.Limits.FrameBytes);
        if (tooLarge)
        {
            return Problem(new RoomError(ErrorCode.TooLarge, $"A body has at most {services.Limits.FrameBytes} bytes."));
        }

        ClientFrame frame;
        try
        {
            frame = FrameReader.ReadBody(body);
        }
        catch (FrameException e)
        {
            return Bad(e.Message);
        }

        if (string.IsNullOrEmpty(frame.Name) || frame.Name.Length > 128)
        {
            return Bad("The body is {\"name\": …, \"data\": …} with a name of 1 to 128 characters.");
        }

        string? key = context.Request.Headers["Idempotency-Key"] is { Count: > 0 } keys ? keys[0] : null;
        if (key is { Length: 0 or > KeyLengthMax } || key?.Contains('\0') == true)
        {
            return Bad($"An Idempotency-Key has 1 to {KeyLengthMax} characters.");
        }

        if (services.Users.TakeCommand(principal!.User) is { } wait)
        {
            return Problem(new RoomError(ErrorCode.RateLimited,
                $"At most {services.Limits.CommandsPerSecond} commands a second; wait.", Retry: true, (int)wait.TotalMilliseconds));
        }

        string? hash = key is null ? null : Base64Url.EncodeToString(SHA256.HashData(body.Span).AsSpan(0, 16));
        var reply = await CallAsync(
            room, p => new CommandRequest(room, CallerOf(principal), p, null, 0, frame.Name, frame.Data, key, hash), mayResend: key is not null);
        return reply switch
        {
            AckReply ack => Json(AckBody(ack)),
            KeyReusedReply => Problem(
                new RoomError(ErrorCode.Rejected, "This Idempotency-Key was used with another body; take a new one."), StatusCodes.Status422UnprocessableEntity),
            _ => Refused(reply),
        };
    }

    /// <summary>Who asks, and the room's kind; or why not.</summary>
    public async Task<(Principal? Principal, RoomKind? Kind, IResult? Refusal)> AdmitAsync(HttpContext context, RoomId room, Right right)
    {
        string? token = RequestToken.Find(context.Request, []);
        var principal = token is null ? null : await tokens.ValidateAsync(token);
        if (principal is null)
        {
            return (null, null, Problem(new RoomError(
                ErrorCode.Unauthenticated, token is null ? "Bring a JWT: Authorization: Bearer …" : "The token is bad or over.")));
        }

        if (process.Router.Services.Kinds.Find(room.Kind) is not { } kind)
        {
            return (null, null, Problem(new RoomError(ErrorCode.UnknownKind, $"There is no kind '{room.Kind}' here.")));
        }

        return principal.Rights.Allow(room, right) ? (principal, kind, null) : (null, null, Forbidden(room, right.ToString().ToLowerInvariant()));
    }

    /// <summary>HTTP speaks for a user without a session.</summary>
    public static Caller CallerOf(Principal principal) => new("", default, principal.User, principal.DisplayName);

    async Task<IResult> ReadPastAsync(RoomKind kind, RoomId room, long seq, Principal principal)
    {
        try
        {
            return await process.Past.ReadAsync(kind, room, seq, principal) is { } found
                ? Json(StateBody(room, found.Epoch, seq, found.State, default))
                : Problem(new RoomError(ErrorCode.Gone, $"{room} has no state at {seq}: it lies ahead, or its events were trimmed."));
        }
        catch (Exception e) when (Outage.Is(e))
        {
            return Away();
        }
    }

    async Task<RoomReply> CallAsync(RoomId room, Func<Pending, RoomRequest> request, bool mayResend)
    {
        var call = new PendingCall(request, mayResend);
        process.Router.Feed(room, feed => feed.Send(call));
        return await call.Answered;
    }

    static async Task<(ReadOnlyMemory<byte> Body, bool TooLarge)> ReadBodyAsync(HttpRequest request, int max)
    {
        if (request.ContentLength > max)
        {
            return (default, true);
        }

        using var body = new MemoryStream();
        byte[] buffer = new byte[4096];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > max)
            {
                return (default, true);
            }
        }

        return (body.ToArray(), false);
    }

    CancellationTokenSource Timeout(HttpContext context)
    {
        var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        timeout.CancelAfter(process.Router.Services.Engine.RequestTimeout);
        return timeout;
    }

    IResult Refused(RoomReply reply) => Problem(((ErrorReply)reply).Error);

    IResult Forbidden(RoomId room, string right) =>
        Problem(new RoomError(ErrorCode.Forbidden, $"The token does not grant '{right}' in {room}."));

    IResult Bad(string message) => Problem(new RoomError(ErrorCode.BadFrame, message));

    IResult Away() => Problem(new RoomError(ErrorCode.Unavailable, "The room's store did not answer in time; ask again.", Retry: true, RetryAfterMs: 500));

    IResult Problem(RoomError error, int? status = null)
    {
        process.Router.Services.Meters.Error(error.Code);
        return Problems.Of(error, status);
    }

    static ReadOnlyMemory<byte> StateBody(RoomId room, long epoch, long seq, ReadOnlyMemory<byte> state, ReadOnlyMemory<byte> members)
    {
        var to = new FrameWriter().Raw("{\"room\":"u8).Text(room.ToString()).Raw(",\"epoch\":\""u8).Number(epoch)
            .Raw("\",\"seq\":"u8).Number(seq).Raw(",\"state\":"u8).Raw(state.IsEmpty ? "null"u8 : state.Span);
        return (members.IsEmpty ? to : to.Raw(",\"members\":"u8).Raw(members.Span)).Raw("}"u8).Take();
    }

    static ReadOnlyMemory<byte> AckBody(AckReply ack)
    {
        var to = new FrameWriter().Raw("{\"seq\":"u8).Number(ack.Seq);
        if (ack.Dup)
        {
            to.Raw(",\"dup\":true"u8);
        }

        return (ack.Result.IsEmpty ? to : to.Raw(",\"result\":"u8).Raw(ack.Result.Span)).Raw("}"u8).Take();
    }

    static IResult Json(ReadOnlyMemory<byte> body) => new JsonBody(body);

    sealed class JsonBody(ReadOnlyMemory<byte> body) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            httpContext.Response.ContentLength = body.Length;
            httpContext.Response.Headers.CacheControl = "no-store";
            await httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}
