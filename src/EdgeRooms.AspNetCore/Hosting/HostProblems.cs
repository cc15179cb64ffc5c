using System.Net;

using EdgeRooms.AspNetCore.Http;

using Microsoft.AspNetCore.Http;

namespace EdgeRooms.AspNetCore.Hosting;

/// <summary>What is wrong with <see cref="EdgeRoomsHostOptions"/> but for its <c>Auth</c>, and with <c>--urls</c>.</summary>
static class HostProblems
{
    public static void Find(EdgeRoomsHostOptions options, ProblemList problems)
    {
        for (int i = 0; i < options.AllowedOrigins.Count; i++)
        {
            if (!Origins.IsOrigin(options.AllowedOrigins[i]))
            {
                problems.Add(
                    $"AllowedOrigins:{i}",
                    $"'{options.AllowedOrigins[i]}' is no origin. Give it as a browser sends it: "
                    + "https://host or https://host:port, no path, no wildcard.");
            }
        }

        for (int i = 0; i < options.KnownProxies.Count; i++)
        {
            if (!KnownProxies.IsProxy(options.KnownProxies[i]))
            {
                problems.Add($"KnownProxies:{i}", $"'{options.KnownProxies[i]}' is neither an IP address nor a network (10.0.0.0/8).");
            }
        }

        Link("Cluster:Listen", options.Cluster.Listen, needsIp: true, problems);
        Link("Cluster:Advertise", options.Cluster.Advertise, needsIp: false, problems);
    }

    public static void Urls(string? urls, ProblemList problems)
    {
        foreach (string url in (urls ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (UrlProblem(url) is { } problem)
            {
                problems.AddNamed("--urls", $"'{url}' {problem}");
            }
        }
    }

    static string? UrlProblem(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return "is no address. Give http://HOST:PORT, several with ';' between them.";
        }

        return address switch
        {
            { Scheme: not ("http" or "https") } => "is neither http nor https.",
            { PathBase.Length: > 0 } => "has a path; give it without.",
            { IsUnixPipe: true } or { IsNamedPipe: true } => null,
            { Port: < 0 or > IPEndPoint.MaxPort } or { Host: ['[', ..] } and { Host: not [.., ']'] } => "has no port from 0 to 65535.",
            { Host: not ['[', ..] } when address.Host.Contains(':', StringComparison.Ordinal) => "has no port from 0 to 65535.",
            { Host: "localhost", Port: 0 } => "cannot have a free port chosen for two addresses; give 127.0.0.1.",
            _ => null,
        };
    }

    static void Link(string setting, string? url, bool needsIp, ProblemList problems)
    {
        if (url is not { Length: > 0 })
        {
            return;
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme != "http" || uri.PathAndQuery != "/" || uri.Fragment.Length > 0
            || (needsIp && uri.HostNameType is not (UriHostNameType.IPv4 or UriHostNameType.IPv6)))
        {
            problems.Add(setting, $"'{url}' is no address of a node link. Give http://{(needsIp ? "IP" : "HOST")}:PORT.");
        }
    }
}
