using System.Net;
using System.Net.Sockets;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Api;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly.Timeout;

namespace BillingMonolith.Specs.HostRoom.Api;

/// <summary>Whatever goes wrong has one shape, and says to the caller what is the caller's and nothing more.</summary>
public sealed class ProblemSpecs
{
    private const string Secret = "canary-of-the-problem-specs";

    private static readonly Dictionary<string, Func<Exception>> Faults = new()
    {
        ["refusal"] = () => new RefusalException(HttpStatusCode.PaymentRequired, "too-few-credits", "You have 3 credits."),
        ["busy"] = () => new RefusalException(HttpStatusCode.Conflict, "in-progress", "Wait.") { RetryAfter = TimeSpan.FromSeconds(1) },
        ["invalid"] = () => new ValidationException([new ValidationFailure("UserId", "Required."), new ValidationFailure("Parts[0].PartNo", "1 to 9.")]),
        ["neighbour-says-when"] = () => new RetryAfterException(Secret, TimeSpan.FromSeconds(17.2)),
        ["neighbour-is-absurd"] = () => new RetryAfterException(Secret, TimeSpan.FromDays(99)),
        ["neighbour"] = () => new HttpRequestException(Secret),
        ["slow-neighbour"] = () => new TimeoutRejectedException(Secret),
        ["timeout"] = () => new TaskCanceledException(Secret),
        ["no-database"] = () => new NpgsqlException(Secret, new SocketException((int)SocketError.ConnectionRefused)),
        ["database-stops"] = () => new PostgresException(Secret, "FATAL", "FATAL", "57P01"),
        ["locked"] = () => new PostgresException(Secret, "ERROR", "ERROR", PostgresErrorCodes.LockNotAvailable),
        ["nul"] = () => new PostgresException(Secret, "ERROR", "ERROR", PostgresErrorCodes.CharacterNotInRepertoire),
        ["constraint"] = () => new PostgresException(Secret, "ERROR", "ERROR", PostgresErrorCodes.CheckViolation),
        ["bug"] = () => new InvalidOperationException(Secret, new NotSupportedException(Secret)),
    };

    [Theory]
    [InlineData("refusal", 402, "too-few-credits", null)]
    [InlineData("busy", 409, "in-progress", "1")]
    [InlineData("invalid", 400, "invalid-input", null)]
    [InlineData("neighbour-says-when", 503, "unavailable", "18")]
    [InlineData("neighbour-is-absurd", 503, "unavailable", "3600")]
    [InlineData("neighbour", 503, "unavailable", "5")]
    [InlineData("slow-neighbour", 503, "unavailable", "5")]
    [InlineData("timeout", 503, "unavailable", "5")]
    [InlineData("no-database", 503, "unavailable", "5")]
    [InlineData("database-stops", 503, "unavailable", "5")]
    [InlineData("locked", 503, "unavailable", "5")]
    [InlineData("nul", 400, "invalid-input", null)]
    [InlineData("constraint", 500, "internal-error", null)]
    [InlineData("bug", 500, "internal-error", null)]
    public async Task A_fault_is_a_problem_without_our_words(string fault, int status, string error, string? retryAfter)
    {
        await using var api = await ThrowingAsync();
        var answer = await api.SendAsync(HttpMethod.Get, $"/api/v1/faults/{fault}", accept: "text/html");
        answer.ShouldBeProblem(status, error);
        answer.Body.ShouldNotContain(Secret);
        answer.Body.ShouldNotContain("Exception");
        answer.Body.ShouldNotContain("   at ");
        (answer.Headers.RetryAfter?.ToString()).ShouldBe(retryAfter);
    }

    [Fact]
    public async Task A_validators_refusal_names_the_members_as_the_API_does()
    {
        await using var api = await ThrowingAsync();
        (await api.SendAsync(HttpMethod.Get, "/api/v1/faults/invalid")).Json.GetProperty("errors").GetRawText()
            .ShouldBe("""{"user_id":["Required."],"parts[0].part_no":["1 to 9."]}""");
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public async Task A_fault_of_ours_is_logged_once_with_what_the_caller_does_not_see(string environment)
    {
        await using var api = await ThrowingAsync(environment);
        var answer = await api.SendAsync(HttpMethod.Get, "/api/v1/faults/bug");
        answer.Json.EnumerateObject().Select(m => m.Name).ShouldBe(["type", "title", "status", "error", "trace_id"], ignoreOrder: true);
        var (level, text, exception) = api.Log.Entries.ShouldHaveSingleItem();
        level.ShouldBe(LogLevel.Error);
        text.ShouldContain(answer.Json.GetProperty("trace_id").GetString()!);
        exception!.Message.ShouldBe(Secret);
    }

    [Theory]
    [InlineData("refusal")]
    [InlineData("invalid")]
    public async Task What_the_caller_did_is_not_logged_as_ours(string fault)
    {
        await using var api = await ThrowingAsync();
        await api.SendAsync(HttpMethod.Get, $"/api/v1/faults/{fault}");
        api.Log.Entries.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET", "/api/v1/nowhere", 404, "not-found")]
    [InlineData("DELETE", "/api/v1/users", 405, "method-not-allowed")]
    [InlineData("GET", "/api/v1/empty/409", 409, "conflict")]
    public async Task A_status_without_a_body_gets_one_whatever_is_accepted(string method, string path, int status, string error)
    {
        await using var api = await ThrowingAsync();
        var answer = await api.SendAsync(new HttpMethod(method), path, accept: "text/html");
        answer.ShouldBeProblem(status, error);
        if (status == 405) answer.ContentHeaders.Allow.ShouldBe(["GET"]);
    }

    [Fact]
    public async Task Nobody_is_told_401_once_with_the_schemes_own_header()
    {
        await using var api = await ThrowingAsync();
        var answer = await api.SendAsync(HttpMethod.Get, "/api/v1/users");
        answer.ShouldBeProblem(401, "not-authenticated");
        answer.Json.GetProperty("detail").GetString().ShouldBe("Not authenticated");
        answer.Headers.WwwAuthenticate.ToString().ShouldBe(TestCaller.Challenge);
    }

    [Fact]
    public async Task Somebody_who_may_not_is_told_403_also_when_it_cannot_be_audited()
    {
        await using var api = await ThrowingAsync();
        var answer = await api.SendAsync(HttpMethod.Get, "/api/v1/admins", caller: "ada");
        answer.ShouldBeProblem(403, "forbidden");
        answer.Json.GetProperty("detail").GetString().ShouldBe("Not allowed");
        api.Log.Entries.ShouldContain(e => e.Text.StartsWith("A denial", StringComparison.Ordinal));
        (await api.SendAsync(HttpMethod.Get, "/api/v1/admins", caller: "ada:billing-admin")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_request_that_cannot_be_counted_is_let_through()
    {
        await using var api = await ThrowingAsync();
        (await api.SendAsync(HttpMethod.Get, "/api/v1/users", caller: "ada")).Status.ShouldBe(200);
        api.Log.Entries.ShouldContain(e => e.Text.StartsWith("A request was not counted", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("a=1", "a=1")]
    [InlineData("", "")]
    [InlineData(null, "")]
    public void A_cell_is_text_and_no_formula(string? text, string cell) => Csv.Line("x", text).ShouldBe($"x,{cell}\r\n");

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("eyJJZCI6MX0=")]
    [InlineData("eyJJZCI6MX0 ")]
    [InlineData("eyJJZCI6IjEifQ")] // {"Id":"1"}
    [InlineData("eyJJZCI6MSwieCI6MX0")] // {"Id":1,"x":1}
    [InlineData("e30")]
    [InlineData("bnVsbA")]
    public void A_cursor_that_was_not_made_here_is_refused(string cursor) =>
        Should.Throw<ValidationException>(() => Cursor.Read<AuditRoutes.Position>(cursor)).Errors.ShouldHaveSingleItem().PropertyName.ShouldBe("cursor");

    [Fact]
    public void A_cursor_comes_back_as_it_went()
    {
        Cursor.Read<AuditRoutes.Position>(Cursor.Of(new AuditRoutes.Position(17))).ShouldBe(new AuditRoutes.Position(17));
        Cursor.Read<AuditRoutes.Position>(null).ShouldBeNull();
    }

    private static Task<TinyApi> ThrowingAsync(string environment = "Production") => TinyApi.StartAsync(group =>
    {
        group.MapGet("/faults/{name}", IResult (string name) => throw Faults[name]()).AllowAnonymous();
        group.MapGet("/empty/{status:int}", (int status) => Results.StatusCode(status)).AllowAnonymous();
        group.MapGet("/users", () => Results.Ok()).RequireAuthorization(Policies.User);
        group.MapGet("/admins", () => Results.Ok()).RequireAuthorization(Policies.Admin);
    }, environment);
}
