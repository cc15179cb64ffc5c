using System.Net;

using EdgeRooms.AspNetCore.Authentication;

using Microsoft.AspNetCore.Builder;

namespace EdgeRooms.AspNetCore.Tests.Authentication;

public sealed class DevTokenTests
{
    [Fact]
    public async Task In_Development_anyone_gets_a_token_of_12_hours()
    {
        await using var app = await StartAsync(development: true);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        string token = await http.GetStringAsync("/dev/token?user=alice");
        var principal = await Tokens.Validator().ValidateAsync(token);

        Assert.Equal("alice", principal?.User);
        Assert.Equal(Tokens.Now + (12 * 3600), principal!.ExpiresAt.ToUnixTimeSeconds());
    }

    [Theory]
    [InlineData("/dev/token")]
    [InlineData("/dev/token?user=")]
    [InlineData("/dev/token?user=a&user=b")]
    [InlineData("/dev/token?user=a%0Ab")]
    public async Task A_user_is_named_or_400(string path)
    {
        await using var app = await StartAsync(development: true);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.GetAsync("/dev/token?user=" + new string('a', 257))).StatusCode);
    }

    [Fact]
    public async Task Outside_Development_it_does_not_exist()
    {
        await using var app = await StartAsync(development: false);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/dev/token?user=alice")).StatusCode);
    }

    [Fact]
    public void A_development_secret_is_kept_for_its_owner_only()
    {
        string directory = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));

        string first = DevelopmentSecret.ReadOrCreate(directory);
        string second = DevelopmentSecret.ReadOrCreate(directory);
        string path = Assert.Single(Directory.GetFiles(directory));

        Assert.Equal(first, second);
        Assert.True(first.Length >= 32);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Directory.Delete(directory, recursive: true);
    }

    static async Task<WebApplication> StartAsync(bool development)
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapDevToken(new AuthOptions { Secret = Tokens.Secret }, development, Tokens.Time);
        await app.StartAsync();
        return app;
    }
}
