using EdgeRooms.AspNetCore.Authentication;
using EdgeRooms.AspNetCore.Cluster;
using EdgeRooms.AspNetCore.Hosting;
using EdgeRooms.AspNetCore.Http;
using EdgeRooms.AspNetCore.WebSockets;
using EdgeRooms.Cluster;
using EdgeRooms.Cluster.Links;
using EdgeRooms.Diagnostics;
using EdgeRooms.Rooms;
using EdgeRooms.Sessions;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

using OpenTelemetry.Metrics;

namespace EdgeRooms.AspNetCore;

/// <summary>Puts EdgeRooms into an ASP.NET application.</summary>
public static class EdgeRoomsServices
{
    /// <summary>
    /// Adds the engine and its endpoints' services; follow it by a store (<c>UsePostgres</c>) and the kinds (<c>AddRoom</c>), then map by
    /// <see cref="EdgeRoomsEndpoints.MapEdgeRooms"/>. Settings come from the section <c>EdgeRooms</c>, then from <paramref name="configure"/>; wrong
    /// ones throw <see cref="OptionsValidationException"/> at start, all at once.
    /// </summary>
    public static EdgeRoomsBuilder AddEdgeRooms(this IServiceCollection services, Action<EdgeRoomsOptions>? configure = null)
    {
        services.AddOptions<EdgeRoomsOptions>().BindConfiguration(OptionsProblems.Section).ValidateOnStart();
        services.AddOptions<EdgeRoomsHostOptions>().BindConfiguration(OptionsProblems.Section).ValidateOnStart();
        if (configure is not null)
        {
            services.PostConfigure(configure);
        }

        services.AddSingleton<IValidateOptions<EdgeRoomsOptions>, OptionsValidation>();
        services.AddSingleton<IConfigureOptions<EdgeRoomsHostOptions>, DevelopmentDefaults>();
        services.AddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<Meters>();
        services.AddSingleton<KindRegistry>();
        services.AddSingleton(s => new LinkPort(
            s.GetRequiredService<IOptions<EdgeRoomsHostOptions>>().Value,
            s.GetRequiredService<IOptions<EdgeRoomsOptions>>().Value,
            s.GetRequiredService<ILogger<LinkListener>>()));
        services.AddSingleton(s => s.GetRequiredService<LinkPort>().Address);
        services.AddSingleton(s => s.GetRequiredService<LinkPort>().Listener);
        services.AddSingleton(s => new LinkSecret(
            s.GetRequiredService<IOptions<EdgeRoomsHostOptions>>().Value.Cluster.Secret, s.GetRequiredService<ISecrets>()));
        services.AddSingleton<ILinkDialer, TcpLinkDialer>();
        services.AddSingleton<Revocations>();
        services.AddSingleton<ITokenValidator>(s => new RevocableTokens(
            TokenValidator.From(
                s.GetRequiredService<IOptions<EdgeRoomsHostOptions>>().Value.Auth,
                s.GetRequiredService<IHostEnvironment>().IsDevelopment(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<TokenValidator>>()),
            s.GetRequiredService<Revocations>()));
        services.AddSingleton(s => new Origins(s.GetRequiredService<IOptions<EdgeRoomsHostOptions>>().Value.AllowedOrigins));
        services.AddSingleton<ClusterProcess>();
        services.AddHostedService<Rehearsal>();
        services.AddHostedService(s => s.GetRequiredService<ClusterProcess>());
        services.AddHostedService<PortsStayOpen>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<HttpRooms>();
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(13));
        services.AddOpenTelemetry().WithMetrics(m => m
            .AddMeter(Meters.Name, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql")
            .AddPrometheusExporter());
        return new EdgeRoomsBuilder(services);
    }

    sealed class OptionsValidation : IValidateOptions<EdgeRoomsOptions>
    {
        public ValidateOptionsResult Validate(string? name, EdgeRoomsOptions options) =>
            OptionsProblems.Find(options) is { Count: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }

    /// <summary>In Development a secret for tokens is made and kept where no key is configured.</summary>
    sealed class DevelopmentDefaults(IHostEnvironment environment) : IConfigureOptions<EdgeRoomsHostOptions>
    {
        public void Configure(EdgeRoomsHostOptions options)
        {
            OptionsProblems.Unset(options);
            options.DataDirectory ??= Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "EdgeRooms");
            if (environment.IsDevelopment() && !options.Auth.HasKeySource)
            {
                options.Auth.Secret = DevelopmentSecret.ReadOrCreate(options.DataDirectory);
            }

            if (environment.IsDevelopment())
            {
                options.Admin.Token ??= DevelopmentSecret.ReadOrCreate(options.DataDirectory, DevelopmentSecret.AdminFileName);
            }
        }
    }
}
