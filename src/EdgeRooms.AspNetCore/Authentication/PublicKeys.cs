using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Microsoft.IdentityModel.Tokens;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>The configured public keys, read once at start.</summary>
sealed class PublicKeys : TokenKeys
{
    const int RsaBitsMin = 2048;

    readonly Dictionary<string, TokenKey> _byId = new(StringComparer.Ordinal);

    public PublicKeys(IReadOnlyDictionary<string, string> pemById, string? issuer)
    {
        foreach (var (id, pem) in pemById)
        {
            _byId[id] = TryRead(pem, out var key, out string? problem)
                ? new TokenKey(key, issuer)
                : throw new ArgumentException($"{id}: {problem}", nameof(pemById));
        }
    }

    public override ValueTask<TokenKey?> FindAsync(string algorithm, string? keyId)
    {
        var found = keyId is not null ? _byId.GetValueOrDefault(keyId) : _byId.Count == 1 ? _byId.Values.Single() : null;
        return new(found is not null && Fits(found.Key, algorithm) ? found : null);
    }

    /// <summary>Reads a setting's value: a PEM, with line ends also as <c>\n</c>, or the path of one. The problem never shows the value.</summary>
    public static bool TryRead(string pemOrPath, out SecurityKey key, out string? problem)
    {
        key = null!; // Only read where the result is true.
        problem = null;
        try
        {
            string pem = pemOrPath.Contains("-----BEGIN", StringComparison.Ordinal)
                ? pemOrPath.Replace("\\n", "\n", StringComparison.Ordinal)
                : File.ReadAllText(pemOrPath);
            problem = TryReadPem(pem, out var read);
            key = read!;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = $"The file cannot be read ({e.GetType().Name}). Give the path of a PEM file, or the PEM itself.";
        }
        catch (CryptographicException)
        {
            problem = "The PEM holds no key that can be read. Give an RSA or EC P-256 public key.";
        }

        return problem is null;
    }

    static string? TryReadPem(string pem, out SecurityKey? key)
    {
        key = null;
        if (!PemEncoding.TryFind(pem, out var fields))
        {
            return "There is no PEM in it ('-----BEGIN PUBLIC KEY-----').";
        }

        string label = pem[fields.Label];
        if (label.Contains("PRIVATE", StringComparison.Ordinal))
        {
            return "It holds a private key. Give its public key: openssl pkey -pubout.";
        }

        if (label == "CERTIFICATE")
        {
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return Accept(certificate.GetRSAPublicKey(), certificate.GetECDsaPublicKey(), out key);
        }

        return label == "RSA PUBLIC KEY" ? Accept(ImportRsa(pem), null, out key) : ReadSubjectPublicKeyInfo(pem, out key);
    }

    static string? ReadSubjectPublicKeyInfo(string pem, out SecurityKey? key)
    {
        var any = PublicKey.CreateFromSubjectPublicKeyInfo(Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]), out _);
        return Accept(any.GetRSAPublicKey(), any.GetECDsaPublicKey(), out key);
    }

    static RSA ImportRsa(string pem)
    {
        var rsa = RSA.Create();
        rsa.ImportFromPem(pem);
        return rsa;
    }

    static string? Accept(RSA? rsa, ECDsa? ec, out SecurityKey? key)
    {
        key = rsa is not null ? new RsaSecurityKey(rsa) : ec is not null ? new ECDsaSecurityKey(ec) : null;
        return (rsa, ec) switch
        {
            ({ } r, _) when r.KeySize < RsaBitsMin => $"The RSA key has {r.KeySize} bits, at least {RsaBitsMin} are needed.",
            (null, { } e) when !IsP256(e) => "The EC key is not on the curve P-256.",
            (null, null) => "The key is neither RSA nor EC P-256.",
            _ => null,
        };
    }

    static bool IsP256(ECDsa key) =>
        key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value;
}
