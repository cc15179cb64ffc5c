using System.Security.Cryptography;

using EdgeRooms.AspNetCore.Authentication;

namespace EdgeRooms.AspNetCore.Tests.Authentication;

public sealed class PublicKeysTests
{
    // Making an RSA key takes a second of a busy machine: one for all tests.
    static readonly RSA Rsa = RSA.Create(2048);
    static readonly ECDsa Ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Fact]
    public async Task Each_key_checks_the_algorithms_of_its_type_only()
    {
        var validator = Validator();

        Assert.NotNull(await validator.ValidateAsync(Tokens.RsaSigned(Rsa, Tokens.Claims(), """{"alg":"RS256","kid":"r"}""")));
        Assert.NotNull(await validator.ValidateAsync(Tokens.RsaSigned(Rsa, Tokens.Claims(), """{"alg":"PS256","kid":"r"}""", RSASignaturePadding.Pss)));
        Assert.NotNull(await validator.ValidateAsync(Tokens.EcSigned(Ec, Tokens.Claims(), """{"alg":"ES256","kid":"e"}""")));
        Assert.Null(await validator.ValidateAsync(Tokens.RsaSigned(Rsa, Tokens.Claims(), """{"alg":"ES256","kid":"r"}""")));
        Assert.Null(await validator.ValidateAsync(Tokens.EcSigned(Ec, Tokens.Claims(), """{"alg":"RS256","kid":"e"}""")));
        Assert.Null(await validator.ValidateAsync(Tokens.EcSigned(Ec, Tokens.Claims(), """{"alg":"ES256","kid":"r"}""")));
    }

    // S3: the classic confusion, for each text that an attacker may take the public key to be.
    [Fact]
    public async Task A_public_key_is_never_a_secret()
    {
        var validator = Validator();

        foreach (string secret in new[] { Rsa.ExportSubjectPublicKeyInfoPem(), Rsa.ExportSubjectPublicKeyInfoPem() + "\n", Rsa.ExportRSAPublicKeyPem() })
        {
            Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(), """{"alg":"HS256","kid":"r"}""", secret)));
        }
    }

    [Theory]
    [InlineData("../r")]
    [InlineData("R")]
    [InlineData("/etc/passwd")]
    public async Task A_kid_that_is_not_in_the_map_is_refused(string kid)
    {
        string token = Tokens.RsaSigned(Rsa, Tokens.Claims(), $$"""{"alg":"RS256","kid":"{{kid}}"}""");

        Assert.Null(await Validator().ValidateAsync(token));
    }

    [Fact]
    public async Task Only_with_one_key_may_the_kid_be_left_out()
    {
        string token = Tokens.RsaSigned(Rsa, Tokens.Claims(), """{"alg":"RS256"}""");
        var one = Tokens.Validator(o => (o.Secret, o.PublicKeys) = (null, new() { ["r"] = Rsa.ExportRSAPublicKeyPem() }));

        Assert.NotNull(await one.ValidateAsync(token));
        Assert.Null(await Validator().ValidateAsync(token));
    }

    [Fact]
    public void Keys_that_are_private_weak_of_another_curve_or_missing_are_told()
    {
        using var weak = RSA.Create(1024);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Contains("private", Problem(Rsa.ExportPkcs8PrivateKeyPem()), StringComparison.Ordinal);
        Assert.Contains("1024 bits", Problem(weak.ExportSubjectPublicKeyInfoPem()), StringComparison.Ordinal);
        Assert.Contains("P-256", Problem(p384.ExportSubjectPublicKeyInfoPem()), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Problem("/no/such/file.pem"), StringComparison.Ordinal);
        Assert.NotNull(Problem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
        Assert.NotNull(Problem("-----BEGIN PUBLIC KEY-----"));
        Assert.Null(Problem(Ec.ExportSubjectPublicKeyInfoPem().Replace("\n", "\\n", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_key_may_stand_in_a_file()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, Ec.ExportSubjectPublicKeyInfoPem());

        string? problem = Problem(path);
        File.Delete(path);

        Assert.Null(problem);
    }

    static string? Problem(string pem) => PublicKeys.TryRead(pem, out _, out string? problem) ? null : problem;

    TokenValidator Validator() => Tokens.Validator(o => (o.Secret, o.PublicKeys) = (null, new()
    {
        ["r"] = Rsa.ExportSubjectPublicKeyInfoPem(),
        ["e"] = Ec.ExportSubjectPublicKeyInfoPem(),
    }));
}
