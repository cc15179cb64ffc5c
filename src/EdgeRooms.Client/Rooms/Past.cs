using System.Net.Http.Headers;
using System.Text.Json;

using EdgeRooms.Client.Links;
using EdgeRooms.Client.Protocol;

namespace EdgeRooms.Client.Rooms;

/// <summary>Reads what was, on callers' threads: pages over the socket, waiting out reconnects, and states over HTTP.</summary>
sealed class Past(Hub hub, Uri http, Func<CancellationToken, Task<string>> token) : IDisposable
{
    static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    readonly HttpClient _http = new();

    /// <summary>Who waits for a connection; owned by the gate, one for each asker.</summary>
    readonly List<TaskCompletionSource<ServerFrame?>> _waiting = [];

    /// <summary>In a turn: the link's status has changed.</summary>
    public void OnLinkStatus()
    {
        if (hub.Link.Status is not (LinkStatus.Live or LinkStatus.Closed))
        {
            return;
        }

        foreach (var waiting in _waiting)
        {
            waiting.TrySetResult(null);
        }

        _waiting.Clear();
    }

    public async Task<ServerFrame> PageAsync(string room, long after, int limit, CancellationToken cancellation)
    {
        var frame = new ClientFrame("history") { Room = room, After = after, Limit = limit };
        while (true)
        {
            var answer = await hub.Gate.Run(() => Ask(frame)).WaitAsync(cancellation).ConfigureAwait(false);
            if (answer is { Type: "page" })
            {
                return answer;
            }

            if (answer is not { Type: "error" })
            {
                continue; // there was no connection, or it went; ask the next one
            }

            if (!answer.Retry)
            {
                throw answer.ToException(room);
            }

            var wait = answer.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : RetryAfter;
            await Task.Delay(wait, hub.Time, cancellation).ConfigureAwait(false);
        }
    }

    public async Task<JsonElement> StateAsync(string room, long seq, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(http, $"rooms/{room}?at={seq}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await token(cancellation).ConfigureAwait(false)).Trim());
        try
        {
            using var response = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            var reply = JsonSerializer.Deserialize(body, FrameJson.Default.PastReply) ?? new PastReply();
            if (response.IsSuccessStatusCode)
            {
                return reply.State;
            }

            string message = reply.Detail ?? reply.Title ?? $"The server answered {(int)response.StatusCode}.";
            throw new EdgeRoomsException(reply.Code ?? "internal", message, room, reply.Retry);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or TaskCanceledException { InnerException: TimeoutException })
        {
            throw new EdgeRoomsException("unavailable", $"The past state could not be read ({e.Message}). Try again.", room, retry: true, e);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>In a turn. Null is the answer where it must be asked again.</summary>
    Task<ServerFrame?> Ask(ClientFrame frame)
    {
        var asked = new TaskCompletionSource<ServerFrame?>(TaskCreationOptions.RunContinuationsAsynchronously);
        switch (hub.Link.Status)
        {
            case LinkStatus.Closed:
                throw new EdgeRoomsException("closed", "The client was closed; make a new EdgeRoomsClient.", frame.Room);
            case LinkStatus.Live:
                hub.Link.Request(frame, answer => asked.TrySetResult(answer));
                break;
            default:
                _waiting.Add(asked);
                break;
        }

        return asked.Task;
    }
}
