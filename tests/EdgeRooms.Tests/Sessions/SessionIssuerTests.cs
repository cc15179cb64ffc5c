using EdgeRooms.Sessions;

namespace EdgeRooms.Tests.Sessions;

/// <summary>Who may come back as a session, and for how long.</summary>
public sealed class SessionIssuerTests
{
    readonly Clock _clock = new();
    readonly SessionIssuer _issuer;

    public SessionIssuerTests() => _issuer = new SessionIssuer(new byte[32], new Revocations(_clock), _clock);

    [Fact]
    public void A_session_lives_30_days_from_its_issue()
    {
        string id = _issuer.Issue("ann", out string key);

        _clock.Now += TimeSpan.FromDays(30) - TimeSpan.FromSeconds(1);
        Assert.Equal(key, _issuer.Check(id, "ann"));

        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Null(_issuer.Check(id, "ann"));
    }

    [Fact]
    public void A_session_is_its_users_alone()
    {
        string id = _issuer.Issue("ann", out string key);

        Assert.Null(_issuer.Check(id, "bob"));
        Assert.Null(_issuer.Check(key, "ann"));
        Assert.Null(_issuer.Check(id[..^1] + (id[^1] == 'A' ? 'B' : 'A'), "ann"));
        Assert.Null(new SessionIssuer(new byte[] { 1 }, new Revocations(_clock), _clock).Check(id, "ann"));
    }

    sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
