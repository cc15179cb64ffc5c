using EdgeRooms.AspNetCore.Http;

using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.Tests.Http;

// S1: browsers send the page's origin and enforce nothing for a WebSocket.
public sealed class OriginsTests
{
    [Theory]
    [InlineData(null, "good.example", true)]
    [InlineData("https://good.example", "good.example", true)]
    [InlineData("http://good.example", "good.example", true)]
    [InlineData("http://good.example:8080", "good.example:8080", true)]
    [InlineData("https://good.example", "good.example:443", true)]
    [InlineData("http://good.example", "GOOD.example:80", true)]
    [InlineData("http://[::1]:8080", "[::1]:8080", true)]
    [InlineData("https://good.example:444", "good.example", false)]
    [InlineData("https://good.example", "good.example:80", false)]
    [InlineData("https://evil.example", "good.example", false)]
    [InlineData("https://good.example.evil.com", "good.example", false)]
    [InlineData("https://good.example@evil.com", "good.example", false)]
    [InlineData("https://evil.com/good.example", "good.example", false)]
    [InlineData("ftp://good.example", "good.example", false)]
    [InlineData("good.example", "good.example", false)]
    [InlineData("null", "good.example", false)]
    [InlineData("null", "null", false)]
    [InlineData("", "good.example", false)]
    [InlineData("https://good.example", "", false)]
    public void By_default_only_the_pages_own_host_passes(string? origin, string host, bool allowed) =>
        Assert.Equal(allowed, new Origins([]).Allow(Request(host, origin is null ? [] : [origin])));

    [Theory]
    [InlineData(null, true)]
    [InlineData("https://app.example", true)]
    [InlineData("null", false)]
    [InlineData("https://good.example", false)]
    [InlineData("https://app.example:443", false)]
    [InlineData("https://APP.example", false)]
    [InlineData("http://app.example", false)]
    [InlineData("https://app.example.evil.com", false)]
    public void Allowed_origins_replace_the_default_and_match_exactly(string? origin, bool allowed) =>
        Assert.Equal(allowed, new Origins(["https://app.example"]).Allow(Request("good.example", origin is null ? [] : [origin])));

    [Fact]
    public void Null_passes_only_where_listed()
    {
        Assert.True(new Origins(["null"]).Allow(Request("good.example", ["null"])));
    }

    [Fact]
    public void Two_origins_never_pass() =>
        Assert.False(new Origins([]).Allow(Request("good.example", ["https://good.example", "https://good.example"])));

    static HttpRequest Request(string host, string[] origins)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Host = host;
        if (origins.Length > 0)
        {
            request.Headers["Origin"] = origins;
        }

        return request;
    }
}
