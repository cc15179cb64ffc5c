using System.Security.Cryptography;
using System.Text.Json;

using Microsoft.AspNetCore.Builder;
using Microsoft.IdentityModel.Tokens;

namespace EdgeRooms.AspNetCore.Tests.Authentication;

public sealed class AuthorityKeysTests
{
    [Fact]
    public async Task A_providers_keys_are_found_and_its_issuer_is_demanded()
    {
        using var rsa = RSA.Create(2048);
        await using var provider = await StartProviderAsync(rsa);
        string address = provider.Urls.Single();
        var validator = Tokens.Validator(o => (o.Secret, o.Authority) = (null, address));
        const string Header = """{"alg":"RS256","kid":"one"}""";

        Assert.NotNull(await validator.ValidateAsync(Tokens.RsaSigned(rsa, Tokens.Claims($""","iss":"{address}" """), Header)));
        Assert.Null(await validator.ValidateAsync(Tokens.RsaSigned(rsa, Tokens.Claims(""","iss":"https://other" """), Header)));
        Assert.Null(await validator.ValidateAsync(Tokens.RsaSigned(rsa, Tokens.Claims(), Header)));
        Assert.Null(await validator.ValidateAsync(Tokens.RsaSigned(rsa, Tokens.Claims($""","iss":"{address}" """), """{"alg":"RS256","kid":"two"}""")));
        Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims($""","iss":"{address}" """), """{"alg":"HS256","kid":"oct"}""")));
    }

    [Fact]
    public async Task A_provider_that_cannot_be_reached_refuses_and_does_not_throw()
    {
        using var rsa = RSA.Create(2048);
        var validator = Tokens.Validator(o => (o.Secret, o.Authority) = (null, "http://127.0.0.1:1"));

        Assert.Null(await validator.ValidateAsync(Tokens.RsaSigned(rsa, Tokens.Claims(), """{"alg":"RS256","kid":"one"}""")));
    }

    static async Task<WebApplication> StartProviderAsync(RSA rsa)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var key = rsa.ExportParameters(includePrivateParameters: false);
        string keys = JsonSerializer.Serialize(new
        {
            keys = new object[]
            {
                new { kty = "RSA", kid = "one", use = "sig", n = Base64UrlEncoder.Encode(key.Modulus), e = Base64UrlEncoder.Encode(key.Exponent) },
                new { kty = "oct", kid = "oct", k = Base64UrlEncoder.Encode(Tokens.Secret) },
            },
        });
        app.MapGet("/.well-known/openid-configuration", () => new { issuer = app.Urls.Single(), jwks_uri = app.Urls.Single() + "/keys" });
        app.MapGet("/keys", () => keys);
        await app.StartAsync();
        return app;
    }
}
