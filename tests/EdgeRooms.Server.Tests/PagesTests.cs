using System.Net;

using EdgeRooms.Server.Tests.Protocol;

namespace EdgeRooms.Server.Tests;

public sealed class PagesTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/edgerooms.js")]
    public async Task A_page_is_asked_for_each_time_and_sent_only_when_it_changed(string path)
    {
        string url = $"http://127.0.0.1:{server.Port}{path}";

        using var first = await server.Http.GetAsync(url);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var again = await server.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.True(first.Headers.CacheControl!.NoCache);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
    }
}
