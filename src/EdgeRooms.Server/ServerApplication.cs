using EdgeRooms.AspNetCore;
using EdgeRooms.AspNetCore.Http;
using EdgeRooms.Server.Kinds;

using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace EdgeRooms.Server;

/// <summary>The web application: engine, kinds, endpoints, demo pages.</summary>
static class ServerApplication
{
    public static WebApplication Build(
        WebApplicationBuilder builder, EdgeRoomsOptions options, EdgeRoomsHostOptions host, string connectionString)
    {
        builder.WebHost.UseUrls(ServerProcess.Url(builder.Configuration));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            kestrel.Limits.MaxRequestBodySize = options.Limits.FrameBytes * 2L;
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http1);
        });
        builder.Logging.ClearProviders().AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Services.PostConfigure<EdgeRoomsHostOptions>(o => o.DataDirectory = host.DataDirectory);
        builder.Services.Configure<EdgeRoomsHostOptions>(o => o.DataDirectory = host.DataDirectory);
        var rooms = builder.Services.AddEdgeRooms().UsePostgres(connectionString, direct: host.Signals.Postgres)
            .AddRoom<Counter>("counter")
            .AddRoom<TicTacToe>("tictactoe");
        foreach (var (kind, configured) in KindsOf(options))
        {
            rooms.AddRoom(kind, configured);
        }

        var app = builder.Build();
        app.UseKnownProxies(host.KnownProxies);
        app.Use(PageHeaders);
        if (host.Role != ProcessRole.Node)
        {
            app.UseDefaultFiles();
            app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = static page => page.Context.Response.Headers.CacheControl = "no-cache" });
        }

        app.MapEdgeRooms();
        return app;
    }

    /// <summary>Whether the kind is a class of this server's, which no setting can change.</summary>
    public static bool IsExample(string kind) => kind is "counter" or "tictactoe";

    /// <summary>The kinds that need no C#; the settings may change or add any.</summary>
    static Dictionary<string, ConfiguredKind> KindsOf(EdgeRoomsOptions options)
    {
        var kinds = new Dictionary<string, ConfiguredKind>
        {
            ["relay"] = new() { Use = "relay" },
            ["doc"] = new() { Use = "doc" },
            ["chat"] = new() { Use = "relay" },
            ["whiteboard"] = new() { Use = "relay" },
        };
        foreach (var (kind, configured) in options.Rooms)
        {
            configured.Use = configured.Use.Length > 0 || !kinds.TryGetValue(kind, out var known) ? configured.Use : known.Use;
            kinds[kind] = configured;
        }

        return kinds;
    }

    static Task PageHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'self'; connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return next(context);
    }
}
