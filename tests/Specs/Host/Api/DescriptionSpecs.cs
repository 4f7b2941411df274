using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace BillingMonolith.Specs.HostRoom.Api;

/// <summary>The API's description says all of it, and what it says is so.</summary>
public sealed class DescriptionSpecs
{
    [Fact]
    public async Task It_is_OpenAPI_without_errors_and_without_names_of_our_types()
    {
        var text = await Description.ReadAsync();
        var read = OpenApiDocument.Parse(text, "json");
        read.Diagnostic!.Errors.ShouldBeEmpty();
        read.Diagnostic.Warnings.ShouldBeEmpty();
        text.ShouldNotContain("BillingMonolith.", Case.Sensitive);
        text.ShouldNotContain("System.", Case.Sensitive);
    }

    [Fact]
    public async Task Every_route_of_the_API_is_in_it_and_nothing_else()
    {
        var routes = Description.Routes.Where(r =>
            r.RoutePattern.RawText!.StartsWith("/api/v1/", StringComparison.Ordinal) && (!IsPublic(r) || r.Metadata.GetMetadata<IEndpointNameMetadata>() is not null));
        (await OperationsAsync()).Select(o => $"{o.Method} {o.Path}").ShouldBe(routes.Select(Name), ignoreOrder: true);
    }

    [Fact]
    public async Task Every_operation_has_a_name_of_its_own_says_what_it_does_who_may_and_what_can_go_wrong()
    {
        var operations = await OperationsAsync();
        operations.Select(o => o.Body.GetProperty("operationId").GetString()).ShouldBeUnique();
        foreach (var (method, path, body) in operations)
        {
            var name = $"{method} {path}";
            body.GetProperty("summary").GetString().ShouldNotBeNullOrWhiteSpace(name);
            body.GetProperty("description").GetString()!.ShouldContain("\n\nFor ", customMessage: name);
            body.GetProperty("tags").GetArrayLength().ShouldBe(1, name);
            if (Description.Routes.Any(r => IsPublic(r) && Name(r) == name))
            {
                body.GetProperty("description").GetString()!.ShouldEndWith("\n\nFor everybody.");
                body.TryGetProperty("security", out _).ShouldBeFalse(name);
                continue;
            }

            body.GetProperty("security").GetArrayLength().ShouldBe(2, name);
            foreach (var status in (string[])["400", "401", "403", "429", "503"])
                body.GetProperty("responses").GetProperty(status).GetProperty("content").EnumerateObject().Select(c => c.Name).ShouldBe(["application/problem+json"], name);
            if (body.TryGetProperty("parameters", out var parameters))
            {
                foreach (var parameter in parameters.EnumerateArray())
                    parameter.TryGetProperty("description", out _).ShouldBeTrue($"{name}: {parameter.GetProperty("name")} has no description");
            }
        }
    }

    [Fact]
    public async Task An_answer_may_gain_members_one_day_and_a_request_may_not_have_unknown_ones()
    {
        using var document = JsonDocument.Parse(await Description.ReadAsync());
        var asked = (await OperationsAsync()).Where(o => o.Body.TryGetProperty("requestBody", out _))
            .Select(o => o.Body.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString()!)
            .Select(r => r.Split('/')[^1]).ToHashSet();
        asked.ShouldNotBeEmpty();
        foreach (var schema in document.RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            var isClosed = schema.Value.TryGetProperty("additionalProperties", out var more) && more.ValueKind == JsonValueKind.False;
            isClosed.ShouldBe(asked.Contains(schema.Name), schema.Name);
        }
    }

    [Fact]
    public async Task A_route_that_needs_a_key_shows_its_header_and_what_comes_of_it()
    {
        var grant = (await OperationsAsync()).Single(o => o.Path.EndsWith("/grants", StringComparison.Ordinal)).Body;
        var header = grant.GetProperty("parameters").EnumerateArray().ShouldHaveSingleItem();
        (header.GetProperty("name").GetString(), header.GetProperty("in").GetString(), header.GetProperty("required").GetBoolean()).ShouldBe(("Idempotency-Key", "header", true));
        var responses = grant.GetProperty("responses");
        responses.GetProperty("201").GetProperty("headers").TryGetProperty("Idempotent-Replayed", out _).ShouldBeTrue();
        foreach (var (status, error) in (List<(string, string)>)
            [("400", "idempotency-key-required"), ("404", "user-not-found"), ("409", "in-progress"), ("422", "idempotency-key-reused")])
            responses.GetProperty(status).GetProperty("description").GetString()!.ShouldContain($"`{error}`");
        responses.EnumerateObject().Where(r => r.Value.TryGetProperty("headers", out var h) && h.TryGetProperty("Retry-After", out _)).Select(r => r.Name)
            .ShouldBe(["409", "429", "503"]);
    }

    [Fact]
    public async Task A_route_that_leaves_the_key_to_the_caller_says_so()
    {
        var purchase = (await OperationsAsync()).Single(o => o.Path.EndsWith("/purchase", StringComparison.Ordinal)).Body;
        var header = purchase.GetProperty("parameters").EnumerateArray().ShouldHaveSingleItem();
        header.GetProperty("name").GetString().ShouldBe("Idempotency-Key");
        (header.TryGetProperty("required", out var required) && required.GetBoolean()).ShouldBeFalse();
        var responses = purchase.GetProperty("responses");
        foreach (var (status, error) in (List<(string, string)>)
            [("400", "idempotency-key-invalid"), ("409", "purchase-expired"), ("422", "idempotency-key-reused"), ("422", "currency-not-offered")])
            responses.GetProperty(status).GetProperty("description").GetString()!.ShouldContain($"`{error}`");
        responses.GetRawText().ShouldNotContain("idempotency-key-required");
    }

    [Fact]
    public async Task Every_example_of_a_request_is_one_that_the_API_takes()
    {
        var operations = await OperationsAsync();
        foreach (var route in Description.Routes)
        {
            if (route.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is not { } type) continue;
            if (operations.SingleOrDefault(o => $"{o.Method} {o.Path}" == Name(route)) is not { Path: not null } o) continue;
            var body = o.Body.GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
            body.TryGetProperty("example", out var example).ShouldBeTrue(o.Path);
            Should.NotThrow(() => example.Deserialize(type, Description.Strict), o.Path);
        }
    }

    [Fact]
    public async Task Every_example_of_an_answer_has_the_members_of_its_schema_and_no_others()
    {
        var document = JsonElement.Parse(await Description.ReadAsync());
        foreach (var (_, path, body) in await OperationsAsync())
        {
            var successes = body.GetProperty("responses").EnumerateObject().Where(r => r.Name[0] == '2' && r.Name != "204").Select(r => r.Value.GetProperty("content").GetProperty("application/json")).ToList();
            foreach (var success in successes)
            {
                success.TryGetProperty("example", out var example).ShouldBeTrue(path);
                Fits(document, success.GetProperty("schema"), example, path);
            }
        }
    }

    [Fact]
    public async Task Every_refusal_has_a_word_and_an_example_with_the_members_of_a_problem()
    {
        var known = JsonElement.Parse(await Description.ReadAsync()).GetProperty("components").GetProperty("schemas").GetProperty("Problem").GetProperty("properties");
        foreach (var (_, path, body) in await OperationsAsync())
        {
            foreach (var refusal in body.GetProperty("responses").EnumerateObject().Where(r => r.Name[0] == '4' || r.Name[0] == '5'))
            {
                var example = refusal.Value.GetProperty("content").GetProperty("application/problem+json").GetProperty("example");
                refusal.Value.GetProperty("description").GetString()!.ShouldContain($"`{example.GetProperty("error")}`", customMessage: path);
                example.GetProperty("status").GetRawText().ShouldBe(refusal.Name, path);
                example.EnumerateObject().Select(m => m.Name).ShouldBeSubsetOf(known.EnumerateObject().Select(m => m.Name), path);
            }
        }
    }

    [Fact]
    public async Task Every_member_of_a_schema_has_a_type_and_a_description()
    {
        var schemas = JsonElement.Parse(await Description.ReadAsync()).GetProperty("components").GetProperty("schemas");
        foreach (var schema in schemas.EnumerateObject())
        {
            foreach (var member in schema.Value.GetProperty("properties").EnumerateObject())
                (member.Value.TryGetProperty("description", out _), member.Value.TryGetProperty("type", out _)).ShouldBe((true, true), $"{schema.Name}.{member.Name}");
        }
    }

    [Fact]
    public async Task The_audit_log_can_also_be_text()
    {
        var answer = (await OperationsAsync()).Single(o => o.Path.EndsWith("/audit-log", StringComparison.Ordinal)).Body.GetProperty("responses").GetProperty("200");
        answer.GetProperty("content").GetProperty("text/csv").GetProperty("schema").GetProperty("type").GetString().ShouldBe("string");
    }

    private static void Fits(JsonElement document, JsonElement schema, JsonElement example, string where)
    {
        if (schema.TryGetProperty("oneOf", out var some)) schema = some.EnumerateArray().Single(s => s.TryGetProperty("$ref", out _));
        if (schema.TryGetProperty("$ref", out var name)) schema = document.GetProperty("components").GetProperty("schemas").GetProperty(name.GetString()!.Split('/')[^1]);
        if (schema.TryGetProperty("items", out var items))
        {
            foreach (var item in example.EnumerateArray()) Fits(document, items, item, where);
        }

        if (!schema.TryGetProperty("properties", out var members)) return;
        example.EnumerateObject().Select(m => m.Name).ShouldBe(members.EnumerateObject().Select(m => m.Name), ignoreOrder: true, where);
        foreach (var member in members.EnumerateObject()) Fits(document, member.Value, example.GetProperty(member.Name), $"{where}: {member.Name}");
    }

    private static async Task<List<(string Method, string Path, JsonElement Body)>> OperationsAsync() =>
    [
        .. from path in JsonElement.Parse(await Description.ReadAsync()).GetProperty("paths").EnumerateObject()
           from operation in path.Value.EnumerateObject()
           select (operation.Name.ToUpperInvariant(), path.Name, operation.Value),
    ];

    private static bool IsPublic(RouteEndpoint route) => route.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    private static string Name(RouteEndpoint route) => $"{route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0]} {route.RoutePattern.RawText}";
}
