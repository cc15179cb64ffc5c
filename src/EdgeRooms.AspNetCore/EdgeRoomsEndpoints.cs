using EdgeRooms.AspNetCore.Authentication;
using EdgeRooms.AspNetCore.Http;
using EdgeRooms.AspNetCore.WebSockets;
using EdgeRooms.Cluster;
using EdgeRooms.Protocol;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace EdgeRooms.AspNetCore;

/// <summary>The endpoints of PROTOCOL.md.</summary>
public static class EdgeRoomsEndpoints
{
    /// <summary>
    /// Maps <c>/rooms</c> (WebSocket, HTTP, SSE), <c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c> and, in Development, <c>/dev/token</c>; in a process
    /// of role node, which takes no clients, only the three for operators.
    /// Needs <see cref="EdgeRoomsServices.AddEdgeRooms"/>.
    /// </summary>
    public static void MapEdgeRooms(this IEndpointRouteBuilder endpoints)
    {
        var services = endpoints.ServiceProvider;
        var options = services.GetRequiredService<IOptions<EdgeRoomsHostOptions>>().Value;
        endpoints.MapGet("/healthz", () => TypedResults.Text("alive"));
        endpoints.MapGet("/readyz", (ClusterProcess process) => process.IsReady
            ? Results.Text("ready")
            : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable));
        endpoints.MapPrometheusScrapingEndpoint("/metrics");
        if (options.Role == ProcessRole.Node)
        {
            return; // clients go to the routers
        }

        var rooms = endpoints.CreateApplicationBuilder();
        WebSocketEndpoint.Use(rooms);
        rooms.Run(context => RoomsAsync(context, services));
        var pipeline = rooms.Build();
        endpoints.Map("/rooms/{**path}", pipeline);
        endpoints.MapAdmin(options.Admin.Token);
        endpoints.MapDevToken(
            options.Auth,
            services.GetRequiredService<IHostEnvironment>().IsDevelopment(),
            services.GetRequiredService<TimeProvider>());
    }

    static async Task RoomsAsync(HttpContext context, IServiceProvider services)
    {
        if (!RoomsPath.TryRead(context, out var path))
        {
            await Problems.Of(new RoomError(
                ErrorCode.InvalidRoom, "A room is /rooms/kind/name: kind of a-z, 0-9 and -, name of letters, digits, _ and -, nothing escaped."))
                .ExecuteAsync(context);
            return;
        }

        if (context.WebSockets.IsWebSocketRequest && path.Rest is null)
        {
            await services.GetRequiredService<WebSocketEndpoint>().RunAsync(context, path);
            return;
        }

        var http = services.GetRequiredService<HttpRooms>();
        string method = context.Request.Method;
        if (path.Room is not { } room)
        {
            await Refuse(context, StatusCodes.Status426UpgradeRequired, "This address takes WebSockets; over HTTP ask for /rooms/kind/name.");
            return;
        }

        var result = (path.Rest, method) switch
        {
            (null, "GET") => await http.ReadAsync(context, room),
            ("commands", "POST") => await http.CommandAsync(context, room),
            ("events", "GET") when WantsStream(context.Request) => await StreamAsync(context, services, http, room),
            ("events", "GET") => await http.PageAsync(context, room),
            (null or "commands" or "events", _) => TypedResults.StatusCode(StatusCodes.Status405MethodNotAllowed),
            _ => Problems.Of(new RoomError(
                ErrorCode.InvalidRoom, "There is /rooms/kind/name, and below it /events and /commands.")),
        };
        await result.ExecuteAsync(context);
    }

    static async Task<IResult> StreamAsync(HttpContext context, IServiceProvider services, HttpRooms http, RoomId room)
    {
        var process = services.GetRequiredService<ClusterProcess>();
        if (!process.IsReady)
        {
            return Problems.Of(new RoomError(ErrorCode.Unavailable, "The server is draining; connect again.", Retry: true, RetryAfterMs: 1000));
        }

        var (principal, kind, refusal) = await http.AdmitAsync(context, room, Right.Join);
        if (refusal is not null)
        {
            return refusal;
        }

        await SseStream.RunAsync(process.Router, context, room, kind!, principal!);
        return TypedResults.Empty;
    }

    static bool WantsStream(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);

    static Task Refuse(HttpContext context, int status, string message) =>
        Problems.Of(new RoomError(ErrorCode.BadFrame, message), status).ExecuteAsync(context);
}
