using Microsoft.Extensions.Configuration;

namespace EdgeRooms.AspNetCore.Hosting;

/// <summary>Every wrong setting at once, before a port opens.</summary>
static class OptionsProblems
{
    public const string Section = "EdgeRooms";

    /// <summary>EX_CONFIG of sysexits.h: a supervisor need not start the process again as it is.</summary>
    public const int ExitCode = 78;

    /// <summary>The problems as lines <c>setting name: sentence</c>, and the options as far as they could be read.</summary>
    public static IReadOnlyList<string> Find(
        IConfiguration configuration, bool development, out EdgeRoomsOptions options, out EdgeRoomsHostOptions hostOptions)
    {
        var problems = new ProblemList(Section);
        var readable = SettingTexts.WithoutUnreadable(
            configuration.GetSection(Section), problems, typeof(EdgeRoomsOptions), typeof(EdgeRoomsHostOptions));
        options = readable.Get<EdgeRoomsOptions>() ?? new EdgeRoomsOptions();
        hostOptions = readable.Get<EdgeRoomsHostOptions>() ?? new EdgeRoomsHostOptions();
        Unset(hostOptions);
        HostProblems.Urls(configuration["urls"], problems);
        HostProblems.Find(hostOptions, problems);
        AuthProblems.Find(hostOptions.Auth, development, problems);
        EngineProblems.Find(options, problems);
        return problems.Lines;
    }

    /// <summary>The problems of options that code has set.</summary>
    public static IReadOnlyList<string> Find(EdgeRoomsOptions options)
    {
        var problems = new ProblemList(Section);
        EngineProblems.Find(options, problems);
        return problems.Lines;
    }

    /// <summary>An empty environment variable is a setting that is not set.</summary>
    public static void Unset(EdgeRoomsHostOptions o)
    {
        o.Postgres = NullIfEmpty(o.Postgres);
        o.DataDirectory = NullIfEmpty(o.DataDirectory);
        o.Signals.Postgres = NullIfEmpty(o.Signals.Postgres);
        o.Cluster.Listen = NullIfEmpty(o.Cluster.Listen);
        o.Cluster.Advertise = NullIfEmpty(o.Cluster.Advertise);
        o.Cluster.Secret = NullIfEmpty(o.Cluster.Secret);
        o.Admin.Token = NullIfEmpty(o.Admin.Token);
        o.Auth.Secret = NullIfEmpty(o.Auth.Secret);
        o.Auth.Authority = NullIfEmpty(o.Auth.Authority);
        o.Auth.Issuer = NullIfEmpty(o.Auth.Issuer);
        o.Auth.Audience = NullIfEmpty(o.Auth.Audience);
    }

    static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
