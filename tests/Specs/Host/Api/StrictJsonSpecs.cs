using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace BillingMonolith.Specs.HostRoom.Api;

/// <summary>What a request may say: a slip is an error with the member's name, never a guess, and never a name of ours.</summary>
public sealed class StrictJsonSpecs : IAsyncLifetime
{
    private TinyApi api = null!;

    public async ValueTask InitializeAsync() => api = await TinyApi.StartAsync(group =>
    {
        group.MapPost("/things", (Thing thing) => Results.Ok(thing)).AllowAnonymous();
        group.MapGet("/things/{number:int}", (int number, int? page_size, DateTimeOffset? from, bool loud) => Results.Ok(new { number, page_size, from, loud })).AllowAnonymous();
        group.MapGet("/wild/{number}", (long number) => Results.Ok(number)).AllowAnonymous();
    });

    public ValueTask DisposeAsync() => api.DisposeAsync();

    [Theory]
    [InlineData("""{"user_id":"a","credits":5}""")]
    [InlineData("""{"credits":5,"user_id":"a","expires_at":null,"parts":[{"part_no":1}]}""")]
    [InlineData("""{"user_id":"a","credits":-9223372036854775808,"expires_at":"2027-01-31T23:59:59+01:00"}""")]
    [InlineData(""" {"user_id":"ä😀","credits":5,"expires_at":"2027-01-31T23:59:59.123Z"} """)]
    public async Task What_is_right_is_taken(string json) => (await api.PostAsync("/api/v1/things", json)).Status.ShouldBe(200);

    [Theory]
    [InlineData("""{"user_id":"a","credits":"5"}""", "credits")]
    [InlineData("""{"user_id":"a","credits":5.0}""", "credits")]
    [InlineData("""{"user_id":"a","credits":5e0}""", "credits")]
    [InlineData("""{"user_id":"a","credits":1e400}""", "credits")]
    [InlineData("""{"user_id":"a","credits":9223372036854775808}""", "credits")]
    [InlineData("""{"user_id":"a","credits":true}""", "credits")]
    [InlineData("""{"user_id":"a","credits":null}""", "credits")]
    [InlineData("""{"user_id":"a","credits":[5]}""", "credits")]
    [InlineData("""{"user_id":null,"credits":5}""", "user_id")]
    [InlineData("""{"user_id":5,"credits":5}""", "user_id")]
    [InlineData("""{"user_id":{},"credits":5}""", "user_id")]
    [InlineData("""{"user_id":"\ud800","credits":5}""", "user_id")]
    [InlineData("""{"user_id":"a"}""", "credits")]
    [InlineData("""{}""", "user_id,credits")]
    [InlineData("""{"user_id":"a","credits":5,"isAdmin":true}""", "isAdmin")]
    [InlineData("""{"user_id":"a","credits":5,"price":{"x":[1]}}""", "price")]
    [InlineData("""{"user_id":"a","credits":5,"Credits":6}""", "Credits")]
    [InlineData("""{"userId":"a","credits":5}""", "userId")]
    [InlineData("""{"user_id":"a","credits":5,"credits":5}""", "credits")]
    [InlineData("""{"user_id":"a","cre\u0064its":5,"credits":5}""", "credits")]
    [InlineData("""{"user_id":"a","credits":5,"expires_at":"2027-01-31"}""", "expires_at")]
    [InlineData("""{"user_id":"a","credits":5,"expires_at":"2027-01-31T10:00:00"}""", "expires_at")]
    [InlineData("""{"user_id":"a","credits":5,"expires_at":1769817600}""", "expires_at")]
    [InlineData("""{"user_id":"a","credits":5,"expires_at":""}""", "expires_at")]
    [InlineData("""{"user_id":"a","credits":5,"parts":[{"part_no":1},{"part_no":"2"}]}""", "parts[1].part_no")]
    [InlineData("""{"user_id":"a","credits":5,"parts":[{}]}""", "parts[0].part_no")]
    [InlineData("""{"user_id":"a","credits":5} x""", "body")]
    [InlineData("""{"user_id":"a","credits":5}{}""", "body")]
    [InlineData("""{"user_id":"a","credits":5,}""", "body")]
    [InlineData("""{"user_id":"a",/**/"credits":5}""", "body")]
    [InlineData("""{'user_id':'a','credits':5}""", "body")]
    [InlineData("""[{"user_id":"a","credits":5}]""", "body")]
    [InlineData("\"a\"", "body")]
    [InlineData("null", "body")]
    [InlineData("", "body")]
    [InlineData("  ", "body")]
    [InlineData("{", "body")]
    [InlineData("NaN", "body")]
    public async Task What_is_not_exactly_right_is_refused_by_name(string json, string members)
    {
        var answer = await api.PostAsync("/api/v1/things", json);
        answer.ShouldBeProblem(400, "invalid-input");
        answer.Members.ShouldBe(members.Split(','), answer.Body);
        ShouldNotTellOfUs(answer);
    }

    [Fact]
    public async Task What_is_nested_too_deeply_is_refused()
    {
        var answer = await api.PostAsync("/api/v1/things", $$"""{"user_id":{{new string('[', 30_000)}}""");
        answer.ShouldBeProblem(400, "invalid-input");
        answer.Members.ShouldBe(["user_id"]);
    }

    [Fact]
    public async Task What_is_not_UTF8_is_refused()
    {
        var content = new ByteArrayContent([.. "{\"user_id\":\"a"u8, 0xff, .. "\",\"credits\":5}"u8]) { Headers = { ContentType = new("application/json") } };
        (await api.SendAsync(HttpMethod.Post, "/api/v1/things", content)).ShouldBeProblem(400, "invalid-input");
    }

    [Theory]
    [InlineData("/api/v1/things/7?loud=maybe", "loud")]
    [InlineData("/api/v1/things/7", "loud")]
    [InlineData("/api/v1/things/7?loud=true&page_size=ten", "page_size")]
    [InlineData("/api/v1/things/7?loud=true&page_size=1&page_size=2", "page_size")]
    [InlineData("/api/v1/things/7?loud=true&page_size=99999999999", "page_size")]
    [InlineData("/api/v1/things/7?loud=true&from=soon", "from")]
    [InlineData("/api/v1/wild/12x", "number")]
    public async Task A_value_of_the_address_of_another_type_is_refused_by_name(string path, string member)
    {
        var answer = await api.SendAsync(HttpMethod.Get, path);
        answer.ShouldBeProblem(400, "invalid-input");
        answer.Members.ShouldBe([member], answer.Body);
        ShouldNotTellOfUs(answer);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("")]
    public async Task Another_content_type_is_refused(string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"user_id":"a","credits":5}"""));
        if (type.Length > 0) content.Headers.TryAddWithoutValidation("Content-Type", type);
        (await api.SendAsync(HttpMethod.Post, "/api/v1/things", content)).ShouldBeProblem(415, "unsupported-media-type");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_over_64_KiB_is_refused_whether_it_says_its_length_or_not(bool chunked)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"user_id":"{{new string('a', 65_536)}}","credits":5}""");
        using var stream = new MemoryStream(body);
        HttpContent content = chunked ? new StreamContent(new Unseekable(stream)) : new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        (await api.SendAsync(HttpMethod.Post, "/api/v1/things", content)).ShouldBeProblem(413, "payload-too-large");
    }

    [Fact]
    public async Task An_answer_is_in_snake_case_with_times_in_UTC() =>
        (await api.PostAsync("/api/v1/things", """{"user_id":"a","credits":5,"expires_at":"2027-01-31T23:59:59+01:00"}""")).Body
            .ShouldBe("""{"user_id":"a","credits":5,"expires_at":"2027-01-31T22:59:59Z","parts":null}""");

    private static void ShouldNotTellOfUs(Answer answer)
    {
        foreach (var word in (string[])["System", "Thing", "Int64", "Int32", "Nullable", "DateTimeOffset", ".NET", "LineNumber", "parameter"])
            answer.Body.ShouldNotContain(word, Case.Sensitive);
    }

    internal sealed record Thing(string UserId, long Credits, DateTimeOffset? ExpiresAt = null, IReadOnlyList<Part>? Parts = null);

    internal sealed record Part(int PartNo);

    private sealed class Unseekable(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
        public override void Flush() => throw new NotSupportedException();
        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
