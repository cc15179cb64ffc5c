using EdgeRooms.AspNetCore.Http;
using EdgeRooms.Cluster;
using EdgeRooms.Protocol;
using EdgeRooms.Sessions;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EdgeRooms.AspNetCore.WebSockets;

/// <summary>Upgrades at <c>/rooms</c> and <c>/rooms/kind/name</c>: origin, room id and token are looked at before the socket is accepted.</summary>
sealed class WebSocketEndpoint(ClusterProcess process, ITokenValidator tokens, Origins origins)
{
    /// <summary>Puts the ping-sending stream under the framework's WebSocket, whose own keep-alive is off.</summary>
    public static void Use(IApplicationBuilder app)
    {
        app.Use(static (context, next) =>
        {
            if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } upgrade)
            {
                context.Features.Set<IHttpUpgradeFeature>(new Upgrade(upgrade));
            }

            return next(context);
        });
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
    }

    public async Task RunAsync(HttpContext context, RoomsPath path)
    {
        if (!process.IsReady)
        {
            await Problems.Of(new RoomError(ErrorCode.Unavailable, "The server is draining; connect again.", Retry: true, RetryAfterMs: 1000))
                .ExecuteAsync(context);
            return;
        }

        if (!origins.Allow(context.Request))
        {
            await Problems.Of(new RoomError(ErrorCode.Forbidden, "This page's origin may not open a socket here (EdgeRooms:AllowedOrigins)."))
                .ExecuteAsync(context);
            return;
        }

        var offered = context.WebSockets.WebSocketRequestedProtocols;
        string? token = RequestToken.Find(context.Request, offered);
        var principal = token is null ? null : await tokens.ValidateAsync(token);
        var query = context.Request.Query;
        using var socket = await context.WebSockets.AcceptWebSocketAsync(offered.Contains(RequestToken.Protocol) ? RequestToken.Protocol : null);
        var stream = ((Upgrade)context.Features.Get<IHttpUpgradeFeature>()!).Stream!; // accepted, so upgraded
        var transport = new WebSocketTransport(socket, stream, context, query["batch"] == "1");
        var connection = new Connection(process.Router, transport, new ConnectionOpening(
            principal, token is not null, query["session"], path.Room,
            Number(query["since"]), FrameReader.ParseEpoch(query["epoch"]), Number(query["history"])));
        stream.Received = connection.Saw;
        await WebSocketSession.RunAsync(socket, transport, connection);
    }

    /// <summary>A query's number; what is none is taken as -1, which nothing can be resumed from.</summary>
    static long? Number(string? text) => string.IsNullOrEmpty(text) ? null : long.TryParse(text, out long number) ? number : -1;

    sealed class Upgrade(IHttpUpgradeFeature inner) : IHttpUpgradeFeature
    {
        public UpgradedStream? Stream { get; private set; }

        public bool IsUpgradableRequest => inner.IsUpgradableRequest;

        public async Task<Stream> UpgradeAsync() => Stream = new UpgradedStream(await inner.UpgradeAsync());
    }
}
