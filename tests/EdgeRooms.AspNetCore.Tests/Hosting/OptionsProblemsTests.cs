using EdgeRooms.AspNetCore.Hosting;
using EdgeRooms.AspNetCore.Tests.Authentication;

using Microsoft.Extensions.Configuration;

namespace EdgeRooms.AspNetCore.Tests.Hosting;

public sealed class OptionsProblemsTests
{
    [Fact]
    public void Defaults_are_right_in_Development_and_need_a_secret_elsewhere()
    {
        Assert.Empty(Find([], development: true));
        Assert.StartsWith("EdgeRooms__Auth__Secret: It is missing.", Assert.Single(Find([], development: false)), StringComparison.Ordinal);
        Assert.Empty(Find([("Auth:Secret", Tokens.Secret)], development: false));
    }

    // S4
    [Theory]
    [InlineData("secret")]
    [InlineData("0123456789abcdef0123456789abcde")]
    public void A_weak_secret_is_told_and_never_shown(string secret)
    {
        string line = Assert.Single(Find([("Auth:Secret", secret)], development: true));

        Assert.StartsWith("EdgeRooms__Auth__Secret: It is too weak", line, StringComparison.Ordinal);
        Assert.DoesNotContain($"{secret} ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void All_wrong_settings_are_told_at_once_each_by_its_name()
    {
        var lines = Find(
            [
                ("Role", "king"), ("Role:x", "1"), ("NodeName", "a b"), ("Limits:FrameBytes", "12"), ("Limits:CommandBurst", "many"),
                ("Limits:PingSeconds", "NaN"), ("Limits:RoomsPerConnection", ""), ("Limits:UnansweredBytes", "99999999999"),
                ("Engine:RequestTimeout", "5"), ("Engine:Grace", "00:11:00"), ("Engine:WriterLanes", "9"), ("AllowedOrigins:0", "https://app.example/"),
                ("AllowedOrigins:1", "*"), ("KnownProxies:0", "proxy"), ("Cluster:Listen", "http://name:1"), ("Cluster:Advertise", "tcp://x:1"),
                ("Auth:DefaultRights", "*: fly"), ("Auth:PublicKeys:k", "/no/such.pem"), ("Rooms:Bad_Kind:Use", "relay"), ("Rooms:chat:Use", "rely"),
                ("Rooms:chat:SnapshotEvery", "1"), ("Rooms:board:MaxMembers", "x"), ("Rooms:old:Use", "doc"), ("Rooms:old:RetainEvents", "10"),
            ],
            development: false,
            urls: "http://127.0.0.1:80x;tcp://a:1;http://localhost:0;http://127.0.0.1:1/path;http://*:65536;http://[::1]:0");

        var names = lines.Select(l => l[..l.IndexOf(':', StringComparison.Ordinal)]).Order(StringComparer.Ordinal);

        Assert.Equal(
            new[]
            {
                "--urls", "--urls", "--urls", "--urls", "--urls",
                "EdgeRooms__AllowedOrigins__0", "EdgeRooms__AllowedOrigins__1", "EdgeRooms__Auth__DefaultRights", "EdgeRooms__Auth__PublicKeys__k",
                "EdgeRooms__Cluster__Advertise", "EdgeRooms__Cluster__Listen", "EdgeRooms__Engine__Grace", "EdgeRooms__Engine__RequestTimeout",
                "EdgeRooms__Engine__WriterLanes", "EdgeRooms__KnownProxies__0", "EdgeRooms__Limits__CommandBurst", "EdgeRooms__Limits__FrameBytes",
                "EdgeRooms__Limits__PingSeconds", "EdgeRooms__Limits__RoomsPerConnection", "EdgeRooms__Limits__UnansweredBytes", "EdgeRooms__NodeName",
                "EdgeRooms__Role", "EdgeRooms__Rooms__Bad_Kind", "EdgeRooms__Rooms__board__MaxMembers", "EdgeRooms__Rooms__board__Use",
                "EdgeRooms__Rooms__chat__SnapshotEvery", "EdgeRooms__Rooms__chat__Use", "EdgeRooms__Rooms__old__RetainEvents",
            },
            names);
    }

    [Fact]
    public void Ranges_hold_at_their_ends()
    {
        Assert.Empty(Find([("Limits:FrameBytes", "1024"), ("Limits:UnansweredCommands", "256"), ("Engine:RequestTimeout", "00:00:00.1")], development: true));
        Assert.Single(Find([("Limits:FrameBytes", "1023")], development: true));
        Assert.Single(Find([("Limits:UnansweredCommands", "257")], development: true));
    }

    [Fact]
    public void One_source_of_keys_is_allowed_and_an_http_provider_only_in_Development()
    {
        Assert.StartsWith(
            "EdgeRooms__Auth: ", Assert.Single(Find([("Auth:Secret", Tokens.Secret), ("Auth:Authority", "https://id.example")], development: true)), StringComparison.Ordinal);
        Assert.StartsWith("EdgeRooms__Auth__Authority: ", Assert.Single(Find([("Auth:Authority", "http://id.example")], development: false)), StringComparison.Ordinal);
        Assert.Empty(Find([("Auth:Authority", "http://id.example")], development: true));
    }

    [Fact]
    public void What_can_be_read_is_bound()
    {
        OptionsProblems.Find(
            Configuration([("Role", "node"), ("Auth:Secret", " "), ("Limits:CommandBurst", "7"), ("Rooms:chat:Use", "relay")], null),
            development: true,
            out var options,
            out var hostOptions);

        Assert.Equal(ProcessRole.Node, hostOptions.Role);
        Assert.Null(hostOptions.Auth.Secret);
        Assert.Equal(7, options.Limits.CommandBurst);
        Assert.Equal("relay", options.Rooms["chat"].Use);
    }

    static IReadOnlyList<string> Find((string Name, string Value)[] settings, bool development, string? urls = null) =>
        OptionsProblems.Find(Configuration(settings, urls), development, out _, out _);

    static IConfiguration Configuration((string Name, string Value)[] settings, string? urls) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create("EdgeRooms:" + s.Name, (string?)s.Value)).Append(KeyValuePair.Create("urls", urls)))
        .Build();
}
