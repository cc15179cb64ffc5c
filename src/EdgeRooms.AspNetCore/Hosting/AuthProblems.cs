using System.Text;

using EdgeRooms.AspNetCore.Authentication;

namespace EdgeRooms.AspNetCore.Hosting;

/// <summary>What is wrong with <see cref="AuthOptions"/>. Never shows a secret or a key.</summary>
static class AuthProblems
{
    public static void Find(AuthOptions options, bool development, ProblemList problems)
    {
        Source(options, development, problems);
        if (options.Secret is { Length: > 0 } secret && Encoding.UTF8.GetByteCount(secret) < SharedSecret.SecretBytesMin)
        {
            problems.Add(
                "Auth:Secret",
                $"It is too weak: {Encoding.UTF8.GetByteCount(secret)} bytes, at least {SharedSecret.SecretBytesMin} are needed. "
                + "Make one: openssl rand -base64 32.");
        }

        foreach (var (id, pem) in options.PublicKeys.OrderBy(k => k.Key, StringComparer.Ordinal))
        {
            if (!PublicKeys.TryRead(pem, out _, out string? problem))
            {
                problems.Add($"Auth:PublicKeys:{id}", problem!);
            }
        }

        Authority(options.Authority, development, problems);
        if (options.DefaultRights is { } rights && !DefaultRights.TryParse(rights, out _, out string? wrong))
        {
            problems.Add("Auth:DefaultRights", wrong!);
        }
    }

    static void Source(AuthOptions options, bool development, ProblemList problems)
    {
        int sources = (options.Secret is { Length: > 0 } ? 1 : 0)
            + (options.Authority is { Length: > 0 } ? 1 : 0)
            + (options.PublicKeys.Count > 0 ? 1 : 0);
        if (sources > 1)
        {
            problems.Add("Auth", "Secret, Authority and PublicKeys exclude each other. Give one of them.");
        }
        else if (sources == 0 && !development)
        {
            problems.Add(
                "Auth:Secret",
                "It is missing. Give a secret of at least 32 bytes (openssl rand -base64 32), or Auth__Authority, or Auth__PublicKeys.");
        }
    }

    static void Authority(string? authority, bool development, ProblemList problems)
    {
        if (authority is not { Length: > 0 })
        {
            return;
        }

        if (!Uri.TryCreate(authority, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http")
            || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            problems.Add("Auth:Authority", "It is no address of a provider (https://…).");
        }
        else if (uri.Scheme == "http" && !development)
        {
            problems.Add("Auth:Authority", "Outside Development it must be https: whoever changes its answer makes its own tokens.");
        }
    }
}
