using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>
/// The keys of an OpenID Connect provider, by JwtBearer's own cache of its metadata. The only address ever asked is the configured one
/// (and what it names as its <c>jwks_uri</c>); an unknown <c>kid</c> asks again, at most every 30 s for all tokens together.
/// </summary>
sealed partial class AuthorityKeys : TokenKeys
{
    static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(4);
    static readonly TimeSpan RefreshPause = TimeSpan.FromSeconds(30);

    readonly ConfigurationManager<OpenIdConnectConfiguration> _provider;
    readonly string? _issuer;
    readonly ILogger _logger;

    public AuthorityKeys(string authority, string? issuer, bool requireHttps, ILogger logger)
    {
        _issuer = issuer;
        _logger = logger;
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = FetchTimeout };
        _provider = new ConfigurationManager<OpenIdConnectConfiguration>(
            authority.TrimEnd('/') + "/.well-known/openid-configuration",
            new OpenIdConnectConfigurationRetriever(),
            new HttpDocumentRetriever(http) { RequireHttps = requireHttps })
        {
            RefreshInterval = RefreshPause,
        };
    }

    public override async ValueTask<TokenKey?> FindAsync(string algorithm, string? keyId)
    {
        if (keyId is null || algorithm is SecurityAlgorithms.HmacSha256)
        {
            return null;
        }

        try
        {
            var metadata = await _provider.GetConfigurationAsync(CancellationToken.None);
            var key = metadata.SigningKeys.FirstOrDefault(k => string.Equals(k.KeyId, keyId, StringComparison.Ordinal));
            if (key is null)
            {
                _provider.RequestRefresh();
                return null;
            }

            return Fits(key, algorithm) ? new TokenKey(key, _issuer ?? metadata.Issuer) : null;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or OperationCanceledException)
        {
            ProviderUnreachable(_logger, e.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(1101, LogLevel.Warning, "The keys of EdgeRooms:Auth:Authority cannot be fetched ({Error}); tokens are refused until they can.")]
    static partial void ProviderUnreachable(ILogger logger, string error);
}
