using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeRooms.Client.Tests.Support;

/// <summary>A model server behind real sockets.</summary>
sealed class ModelWebServer(ModelServer model) : IAsyncDisposable
{
    readonly WebApplication _app = Make();

    public Uri Url => new(_app.Urls.First());

    public async Task<ModelWebServer> StartAsync()
    {
        _app.UseWebSockets();
        _app.Map("/rooms", ServeAsync);
        await _app.StartAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        model.Faults = new Faults();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    async Task ServeAsync(HttpContext context)
    {
        if (context.WebSockets.WebSocketRequestedProtocols is not ["edgerooms.v1"])
        {
            context.Response.StatusCode = 400;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync("edgerooms.v1");
        var outgoing = Channel.CreateUnbounded<object>();
        var link = new ModelLink(model, text => outgoing.Writer.TryWrite(text), code => outgoing.Writer.TryWrite(code));
        var writing = WriteAsync(socket, outgoing.Reader, context);
        try
        {
            byte[] buffer = new byte[64 * 1024];
            while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: WebSocketMessageType.Text } part)
            {
                Assert.True(part.EndOfMessage, "Frames of these tests are small.");
                link.Hear(Encoding.UTF8.GetString(buffer, 0, part.Count));
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // the client, or a fault, has ended it
        }

        link.Die();
        outgoing.Writer.TryComplete();
        await writing;
    }

    /// <summary>A number ends it: what no close frame can say is a connection torn in the middle of a message.</summary>
    static async Task WriteAsync(WebSocket socket, ChannelReader<object> outgoing, HttpContext context)
    {
        try
        {
            await foreach (object next in outgoing.ReadAllAsync())
            {
                if (next is string text)
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
                }
                else if (next is int code and not 1006)
                {
                    await socket.CloseOutputAsync((WebSocketCloseStatus)code, "", CancellationToken.None);
                    return;
                }
                else
                {
                    await socket.SendAsync("""{"type":"ev"""u8.ToArray(), WebSocketMessageType.Text, endOfMessage: false, CancellationToken.None);
                    context.Abort();
                    return;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or ArgumentException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            context.Abort();
        }
    }

    static WebApplication Make()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        builder.Logging.ClearProviders();
        return builder.Build();
    }
}
