using EdgeRooms.AspNetCore.Http;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.Tests.Http;

// S24, as far as it is ours: a forwarded host is believed from a configured proxy only.
public sealed class KnownProxiesTests
{
    [Theory]
    [InlineData("", "direct")]
    [InlineData("10.0.0.1", "direct")]
    [InlineData("127.0.0.1", "forwarded")]
    [InlineData("127.0.0.0/8", "forwarded")]
    public async Task Forwarded_headers_count_only_from_known_proxies(string proxies, string expected)
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.UseKnownProxies(proxies.Split(',', StringSplitOptions.RemoveEmptyEntries));
        app.MapGet("/", (HttpRequest request) => request.Host.Value == "public.example" ? "forwarded" : "direct");
        await app.StartAsync();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Add("X-Forwarded-For", "1.2.3.4");
        http.DefaultRequestHeaders.Add("X-Forwarded-Host", "public.example");

        Assert.Equal(expected, await http.GetStringAsync(app.Urls.Single()));
    }
}
