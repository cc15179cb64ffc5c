using System.Net;

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;

using IPNetwork = System.Net.IPNetwork;

namespace EdgeRooms.AspNetCore.Http;

/// <summary>Forwarded headers count only when they come from a configured proxy; without one none is read.</summary>
static class KnownProxies
{
    public static void UseKnownProxies(this IApplicationBuilder app, IReadOnlyCollection<string> proxies)
    {
        if (proxies.Count == 0)
        {
            return;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost,
            ForwardLimit = null,
        };
        // ASP.NET trusts the loopback by default.
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (string proxy in proxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
            {
                options.KnownProxies.Add(address);
            }
            else
            {
                options.KnownIPNetworks.Add(IPNetwork.Parse(proxy));
            }
        }

        app.UseForwardedHeaders(options);
    }

    public static bool IsProxy(string text) => IPAddress.TryParse(text, out _) || IPNetwork.TryParse(text, out _);
}
