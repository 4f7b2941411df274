using BillingMonolith.Host.Callers;

namespace BillingMonolith.Specs.Access;

/// <summary>What is not exactly three parts of base64url with two JSON objects is no token, however well it is signed.</summary>
public sealed class TokenFormSpecs(RealmFixture fixture) : IClassFixture<RealmFixture>
{
    private const string NoToken = "The token is not a signed JWT.";
    private const string TooLong = "The token is too long.";

    private static readonly Dictionary<string, (Func<TestToken, string> Make, string Problem)> Bad = new()
    {
        ["empty"] = (_ => "", NoToken),
        ["a word"] = (_ => "token", NoToken),
        ["only dots"] = (_ => "..", NoToken),
        ["two parts"] = (t => t.Encode()[..t.Encode().LastIndexOf('.')], NoToken),
        ["four parts"] = (t => t.Encode() + ".AAAA", NoToken),
        ["no header"] = (t => t.Encode()[t.Encode().IndexOf('.', StringComparison.Ordinal)..], NoToken),
        ["white space before"] = (t => " " + t.Encode(), NoToken),
        ["white space after"] = (t => t.Encode() + " ", NoToken),
        ["a line's end after"] = (t => t.Encode() + "\n", NoToken),
        ["white space within"] = (t => t.Encode().Insert(5, " "), NoToken),
        ["padding"] = (t => t.Encode() + "==", NoToken), // 256 bytes leave two characters
        ["base64 instead of base64url"] = (t => t.By("RS256", "sig", _ => [0xFB, 0xFF, 0xBF]).Encode()[..^4] + "+/+/", NoToken),
        ["last character with other unused bits"] = (t => NotCanonical(t.Encode()), NoToken),
        ["length that base64url cannot have"] = (t => t.By("RS256", "sig", _ => new byte[3]).Encode() + "A", NoToken),
        ["NUL within"] = (t => t.Encode().Insert(5, "\0"), NoToken),
        ["not ASCII"] = (t => t.Encode().Insert(5, "é"), NoToken),
        ["9 KB"] = (t => t.Padded(6_000).Encode(), TooLong),
        ["kid of 10 KB"] = (t => t.Header("kid", new string('k', 10_000)).Encode(), TooLong),
        ["header not JSON"] = (t => t.Encode(headerText: _ => "header"), NoToken),
        ["claims not JSON"] = (t => t.Encode(claimsText: _ => "claims"), NoToken),
        ["claims array"] = (t => t.Encode(claimsText: c => $"[{c}]"), NoToken),
        ["header array"] = (t => t.Encode(headerText: h => $"[{h}]"), NoToken),
        ["claims null"] = (t => t.Encode(claimsText: _ => "null"), NoToken),
        ["text after the header"] = (t => t.Encode(headerText: h => h + "{}"), NoToken),
        ["text after the claims"] = (t => t.Encode(claimsText: c => c + "x"), NoToken),
        ["a comment"] = (t => t.Encode(claimsText: c => c.Insert(1, "/**/")), NoToken),
        ["a byte order mark"] = (t => t.Encode(claimsText: c => "\uFEFF" + c), NoToken),
        ["nested deeply"] = (t => t.Encode(claimsText: c => c.Insert(1, $"\"deep\":{new string('[', 8)}{new string(']', 8)},")), NoToken),
        ["member twice in the header"] = (t => t.Encode(headerText: h => h.Insert(1, "\"alg\":\"RS256\",")), NoToken),
        ["member twice in the claims"] = (t => t.Encode(claimsText: c => c.Insert(1, "\"sub\":\"somebody-else\",")), NoToken),
        ["member twice, once escaped"] = (t => t.Encode(claimsText: c => c.Insert(1, "\"\\u0073ub\":\"somebody-else\",")), NoToken),
        ["member twice, nested"] = (t => t.Encode(claimsText: c => c.Insert(1, "\"x\":{\"roles\":[],\"roles\":[]},")), NoToken),
        ["NUL in sub"] = (t => t.With("sub", "7c9e\06679").Encode(), NoToken),
        ["NUL in a member's name"] = (t => t.With("a\0b", "").Encode(), NoToken),
        ["half a surrogate pair"] = (t => t.Encode(claimsText: c => c.Replace("Ada Lovelace", "\\ud83d", StringComparison.Ordinal)), NoToken),
        ["half a surrogate pair as a name"] = (t => t.Encode(claimsText: c => c.Replace("\"name\"", "\"\\ud83d\"", StringComparison.Ordinal)), NoToken),
        ["not UTF-8"] = (t => t.EncodeWithBytes("Ada Lovelace", [0xC3, 0x28]), NoToken),
    };

    public static TheoryData<string> BadCases => [.. Bad.Keys];

    [Theory]
    [MemberData(nameof(BadCases))]
    public async Task It_is_refused(string token)
    {
        var (make, problem) = Bad[token];
        var validating = fixture.Realm.ValidateAsync(make(TestToken.Access(fixture.Realm.Now)));
        fixture.Realm.Clock.Advance(Realm.Distance); // so that even one that asks for a key comes to its end
        var result = await validating;
        (result.Problem, result.Claims).ShouldBe((problem, null));
    }

    [Fact]
    public async Task It_may_be_long_deep_and_speak_any_language_within_bounds()
    {
        var token = TestToken.Access(fixture.Realm.Now).With("name", "Ада 😀 Lovelace").Padded(4_500)
            .Encode(claimsText: c => c.Insert(1, $"\"deep\":{new string('[', 7)}{new string(']', 7)},"));
        token.Length.ShouldBeGreaterThan(7_000);
        (await fixture.Realm.ValidateAsync(token)).Claims!.Value.Text("name").ShouldBe("Ада 😀 Lovelace");
    }

    // The next character of the alphabet differs only in bits that decode to nothing.
    private static string NotCanonical(string token) => token[..^1] + (char)(token[^1] + 1);
}
