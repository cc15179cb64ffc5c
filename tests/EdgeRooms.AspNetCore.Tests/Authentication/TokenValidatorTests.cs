using EdgeRooms.AspNetCore.Authentication;
using EdgeRooms.Protocol;

namespace EdgeRooms.AspNetCore.Tests.Authentication;

public sealed class TokenValidatorTests
{
    [Fact]
    public async Task A_good_token_speaks_for_its_sub_until_its_exp()
    {
        var principal = await Tokens.Validator().ValidateAsync(Tokens.Signed(Tokens.Claims(""","name":"Alice L." """)));

        Assert.Equal("alice", principal?.User);
        Assert.Equal("Alice L.", principal!.DisplayName);
        Assert.Equal(Tokens.Now + 60, principal.ExpiresAt.ToUnixTimeSeconds());
    }

    // S3: the key decides the algorithm, never the token.
    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"nOnE"}""")]
    [InlineData("""{"alg":"HS512"}""")]
    [InlineData("""{"alg":"hs256"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":"HS256","b64":false,"crit":["b64"]}""")]
    [InlineData("""{"alg":"HS256","alg":"HS256"}""")]
    [InlineData("""{"alg":["HS256"]}""")]
    [InlineData("""{"typ":"JWT"}""")]
    [InlineData("""["HS256"]""")]
    public async Task A_token_with_another_algorithm_or_an_odd_header_is_refused(string header)
    {
        var validator = Tokens.Validator();

        Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(), header)));
        Assert.Null(await validator.ValidateAsync(Tokens.Unsigned(Tokens.Claims(), header) + "."));
    }

    [Fact]
    public async Task A_signature_that_is_missing_foreign_or_of_another_payload_is_refused()
    {
        var validator = Tokens.Validator();
        string good = Tokens.Signed(Tokens.Claims());
        string other = Tokens.Signed(Tokens.Claims(""","rooms":{"*":["admin"]}"""));

        Assert.Null(await validator.ValidateAsync(good[..(good.LastIndexOf('.') + 1)]));
        Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(), secret: "another secret of at least 32 bytes")));
        Assert.Null(await validator.ValidateAsync(other[..other.LastIndexOf('.')] + good[good.LastIndexOf('.')..]));
    }

    // S5: a kid is no path, no query, no address, and other key headers are not even read.
    [Theory]
    [InlineData("../../../../dev/null")]
    [InlineData("' or 1=1--")]
    [InlineData("http://169.254.169.254/")]
    [InlineData("")]
    public async Task An_injecting_kid_is_refused_with_any_secret(string kid)
    {
        var validator = Tokens.Validator();
        string header = $$"""{"alg":"HS256","kid":"{{kid}}"}""";

        Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(), header, secret: "\0")));
        Assert.Equal(kid.Length == 0, await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(), header)) is not null);
    }

    [Fact]
    public async Task Headers_that_name_a_key_or_an_address_of_one_change_nothing()
    {
        var validator = Tokens.Validator();
        const string Header = """{"alg":"HS256","jku":"http://169.254.169.254/","x5u":"http://169.254.169.254/","jwk":{"kty":"oct","k":"AAAA"}}""";

        Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(), Header, secret: "\0\0\0")));
        Assert.NotNull(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(), Header)));
    }

    // S6
    [Theory]
    [InlineData("""{"sub":"alice"}""")]
    [InlineData("""{"sub":"alice","exp":9223372036854775808}""")]
    [InlineData("""{"sub":"alice","exp":1e999}""")]
    [InlineData("""{"sub":"alice","exp":-1}""")]
    [InlineData("""{"sub":"alice","exp":"1900000000"}""")]
    [InlineData("""{"sub":"alice","exp":null}""")]
    [InlineData("""{"sub":"alice","exp":1900000000,"nbf":1899999999}""")]
    [InlineData("""{"sub":"alice","exp":1900000000,"nbf":"x"}""")]
    [InlineData("""{"sub":"alice","exp":1900000000,"sub":"root"}""")]
    [InlineData("""{"exp":1900000000}""")]
    [InlineData("""{"sub":"","exp":1900000000}""")]
    [InlineData("""{"sub":7,"exp":1900000000}""")]
    [InlineData("""{"sub":"a\u0000b","exp":1900000000}""")]
    [InlineData("""{"sub":"a\nb","exp":1900000000}""")]
    [InlineData("""{"sub":"\ud800","exp":1900000000}""")]
    [InlineData("""[1]""")]
    [InlineData("""null""")]
    [InlineData("""not json""")]
    [InlineData("")]
    public async Task Claims_that_are_missing_or_of_the_wrong_shape_are_refused(string payload) =>
        Assert.Null(await Tokens.Validator().ValidateAsync(Tokens.Signed(payload)));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("..")]
    [InlineData("a.b.c.d.e")]
    [InlineData("!.?.*")]
    [InlineData("e30.e30.e30")]
    public async Task What_is_no_token_at_all_is_refused(string text) => Assert.Null(await Tokens.Validator().ValidateAsync(text));

    [Fact]
    public async Task A_token_above_8_KiB_is_refused()
    {
        var validator = Tokens.Validator();

        Assert.NotNull(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims($""","x":"{new string('x', 5000)}" """))));
        Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims($""","x":"{new string('x', 7000)}" """))));
        Assert.Null(await validator.ValidateAsync(Tokens.Signed(Tokens.Claims($""","x":"{new string('x', 100_000)}" """))));
    }

    [Fact]
    public async Task A_user_id_of_256_characters_is_the_longest()
    {
        var validator = Tokens.Validator();

        Assert.NotNull(await validator.ValidateAsync(Tokens.Signed($$"""{"sub":"{{new string('a', 256)}}","exp":{{Tokens.Now + 1}}}""")));
        Assert.Null(await validator.ValidateAsync(Tokens.Signed($$"""{"sub":"{{new string('a', 257)}}","exp":{{Tokens.Now + 1}}}""")));
    }

    [Theory]
    [InlineData(-4, 0, true)]
    [InlineData(-5, 0, false)]
    [InlineData(60, 5, true)]
    [InlineData(60, 6, false)]
    public async Task Clocks_may_differ_by_5_seconds(int expiresIn, int startsIn, bool good)
    {
        string payload = $$"""{"sub":"a","exp":{{Tokens.Now + expiresIn}},"nbf":{{Tokens.Now + startsIn}}}""";

        Assert.Equal(good, await Tokens.Validator().ValidateAsync(Tokens.Signed(payload)) is not null);
    }

    [Theory]
    [InlineData(""","iss":"me","aud":"rooms" """, true)]
    [InlineData(""","iss":"me","aud":["x","rooms"] """, true)]
    [InlineData(""","iss":"me","aud":["x"] """, false)]
    [InlineData(""","iss":"me","aud":[] """, false)]
    [InlineData(""","iss":"me" """, false)]
    [InlineData(""","aud":"rooms" """, false)]
    [InlineData(""","iss":"you","aud":"rooms" """, false)]
    [InlineData(""","iss":"{me}","aud":"rooms" """, false)]
    [InlineData(""","iss":["me"],"aud":"rooms" """, false)]
    public async Task Issuer_and_audience_are_checked_where_configured(string claims, bool good)
    {
        var validator = Tokens.Validator(o => (o.Issuer, o.Audience) = ("me", "rooms"));

        Assert.Equal(good, await validator.ValidateAsync(Tokens.Signed(Tokens.Claims(claims))) is not null);
    }

    [Fact]
    public async Task The_rooms_claim_grants_by_pattern_and_ignores_what_it_does_not_know()
    {
        const string Rooms = ""","rooms":{"chat/*":["join","send"],"chat/lobby":["history","fly"],"Chat/*":["admin"],"*":[]}""";

        var rights = (await Tokens.Validator().ValidateAsync(Tokens.Signed(Tokens.Claims(Rooms))))!.Rights;

        Assert.Equal(Right.Join | Right.Send | Right.History, rights.For(RoomId.Parse("chat/lobby")));
        Assert.Equal(Right.Join | Right.Send, rights.For(RoomId.Parse("chat/other")));
        Assert.Equal(Right.None, rights.For(RoomId.Parse("game/1")));
    }

    [Theory]
    [InlineData("""["chat/*"]""")]
    [InlineData("\"*\"")]
    [InlineData("null")]
    [InlineData("""{"*":"join"}""")]
    [InlineData("""{"*":[1]}""")]
    [InlineData("""{"*":["join"],"*":["send"]}""")]
    public async Task A_malformed_rooms_claim_refuses_the_token(string rooms) =>
        Assert.Null(await Tokens.Validator().ValidateAsync(Tokens.Signed(Tokens.Claims($""","rooms":{rooms}"""))));

    [Fact]
    public async Task Without_a_rooms_claim_the_configured_rights_hold()
    {
        var room = RoomId.Parse("chat/1");
        string token = Tokens.Signed(Tokens.Claims());

        var configured = await Tokens.Validator(o => o.DefaultRights = "chat/*: join, history; game/1: send").ValidateAsync(token);
        var development = await Tokens.Validator().ValidateAsync(token);
        var production = await Tokens.Validator(development: false).ValidateAsync(token);

        Assert.Equal(Right.Join | Right.History, configured!.Rights.For(room));
        Assert.Equal(Right.Join | Right.Send | Right.Ephemeral | Right.History, development!.Rights.For(room));
        Assert.Equal(Right.None, production!.Rights.For(room));
    }
}
