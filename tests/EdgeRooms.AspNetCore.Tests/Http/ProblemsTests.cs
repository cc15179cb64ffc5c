using System.Text.Json;

using EdgeRooms.AspNetCore.Http;
using EdgeRooms.Protocol;

using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeRooms.AspNetCore.Tests.Http;

public sealed class ProblemsTests
{
    [Theory]
    [InlineData(ErrorCode.BadFrame, false, 400)]
    [InlineData(ErrorCode.InvalidRoom, false, 400)]
    [InlineData(ErrorCode.Unauthenticated, false, 401)]
    [InlineData(ErrorCode.Forbidden, false, 403)]
    [InlineData(ErrorCode.UnknownKind, false, 404)]
    [InlineData(ErrorCode.Rejected, false, 409)]
    [InlineData(ErrorCode.RoomFull, false, 409)]
    [InlineData(ErrorCode.Gone, false, 410)]
    [InlineData(ErrorCode.TooLarge, false, 413)]
    [InlineData(ErrorCode.RateLimited, true, 429)]
    [InlineData(ErrorCode.OverLimit, false, 429)]
    [InlineData(ErrorCode.Internal, false, 500)]
    [InlineData(ErrorCode.Overloaded, true, 503)]
    [InlineData(ErrorCode.Unavailable, true, 503)]
    [InlineData(ErrorCode.Unavailable, false, 504)]
    public void Each_code_has_its_status(string code, bool retry, int status) =>
        Assert.Equal(status, Problems.Status(new RoomError(code, "…", retry)));

    [Fact]
    public async Task An_error_is_problem_details_with_its_code_and_when_to_come_back()
    {
        var (context, body) = await RunAsync(Problems.Of(new RoomError(ErrorCode.RateLimited, "Slow down.", Retry: true, RetryAfterMs: 1500)));

        Assert.Equal("application/problem+json", context.Response.ContentType);
        Assert.Equal("2", context.Response.Headers.RetryAfter);
        Assert.Equal(429, body.GetProperty("status").GetInt32());
        Assert.Equal("Rate limited", body.GetProperty("title").GetString());
        Assert.Equal("Slow down.", body.GetProperty("detail").GetString());
        Assert.Equal("rate_limited", body.GetProperty("code").GetString());
        Assert.True(body.GetProperty("retry").GetBoolean());
        Assert.Equal(1500, body.GetProperty("retryAfterMs").GetInt32());
    }

    [Fact]
    public async Task A_status_may_be_given_and_401_says_how_to_sign_in()
    {
        var (reused, _) = await RunAsync(Problems.Of(new RoomError(ErrorCode.Rejected, "The key was used with another body."), 422));
        var (unknown, _) = await RunAsync(Problems.Of(new RoomError(ErrorCode.Unauthenticated, "Missing auth token")));

        Assert.Equal(422, reused.Response.StatusCode);
        Assert.Equal("Bearer", unknown.Response.Headers.WWWAuthenticate);
    }

    static async Task<(HttpContext Context, JsonElement Body)> RunAsync(IResult result)
    {
        var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var context = new DefaultHttpContext { RequestServices = services };
        using var body = new MemoryStream();
        context.Response.Body = body;
        await result.ExecuteAsync(context);
        return (context, JsonDocument.Parse(body.ToArray()).RootElement);
    }
}
