using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Lago;

/// <summary>
/// Lago over HTTP, as far as the product uses it: customers, plans, subscriptions, with their semantics, error bodies and full member sets
/// (getlago/lago-api @ 1b1c24a6, 2026-08-21). In memory; a scheduled downgrade takes effect when the clock has passed the period's end.
/// </summary>
internal sealed class LagoStandIn(int port, TimeProvider time, string apiKey) : StandIn(port, time)
{
    private readonly LagoSubscriptions lago = new(time, new LagoCustomers(time), new LagoPlans(time));

    public IReadOnlyList<LagoCustomer> Customers => lago.Customers.All;

    /// <summary>All of a customer's subscriptions, ended ones too, oldest first.</summary>
    public IReadOnlyList<LagoSubscription> Subscriptions(string externalCustomerId) => [.. lago.All.Where(s => s.ExternalCustomerId == externalCustomerId)];

    /// <summary>A customer that was there before.</summary>
    public Task<LagoCustomer> SeedCustomer(string externalId, string? email = null, string? currency = null) =>
        lago.Customers.UpsertAsync(new() { ["external_id"] = externalId, ["email"] = email, ["currency"] = currency });

    /// <summary>A subscription that was there before; its customer is made when it is unknown.</summary>
    public LagoSubscription SeedSubscription(string externalCustomerId, string externalId, string planCode) => lago.Create(
        new() { ["external_customer_id"] = externalCustomerId, ["external_id"] = externalId, ["plan_code"] = planCode, ["billing_time"] = "anniversary" });

    /// <summary>Somebody's hand in Lago's console: ends the active one.</summary>
    public void Terminate(string externalId) => lago.Terminate(externalId, status: null);

    protected override void Map(WebApplication routes)
    {
        routes.MapGet("/health", Health);
        var api = routes.MapGroup("/api/v1").AddEndpointFilter(Guard);
        MapCustomers(api.MapGroup("/customers"));
        MapSubscriptions(api.MapGroup("/subscriptions"));
        MapPlans(api.MapGroup("/plans"));
        routes.Map("/{**path}", () => LagoRefusal.NotFound("resource").Answer);
    }

    private static IResult Health() => Results.Json(
        new JsonObject { ["version"] = "sandbox", ["github_url"] = "https://github.com/getlago/lago-api", ["message"] = "Success" });

    // The key is the second word of the header, whatever the first says (controllers/api/base_controller.rb).
    private async ValueTask<object?> Guard(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            var words = context.HttpContext.Request.Headers.Authorization.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words.ElementAtOrDefault(1) == apiKey ? await next(context) : throw LagoRefusal.Unauthorized();
        }
        catch (LagoRefusal refusal)
        {
            return refusal.Answer;
        }
    }

    private void MapCustomers(RouteGroupBuilder routes)
    {
        routes.MapPost("", async (HttpRequest request) =>
            LagoJson.Answer("customer", (await lago.Customers.UpsertAsync(await LagoJson.ReadAsync(request, "customer"))).Json));
        routes.MapGet("", (HttpRequest request) => LagoJson.Page("customers",
            Customers.Where(c => Is(request.Query["external_id"], c.ExternalId)).Select(c => c.Json), request.Query));
        routes.MapGet("/{externalId}", (string externalId) => LagoJson.Answer("customer", lago.Customers.Get(Cut(externalId)).Json));
    }

    private void MapSubscriptions(RouteGroupBuilder routes)
    {
        routes.MapPost("", async (HttpRequest request) => Answer(lago.Create(await LagoJson.ReadAsync(request, "subscription"))));
        routes.MapGet("", (HttpRequest request) => LagoJson.Page("subscriptions", Listed(request.Query), request.Query));
        routes.MapGet("/{externalId}", (string externalId, string? status) => Answer(lago.Get(Cut(externalId), status)));
        routes.MapPut("/{externalId}", async (string externalId, string? status, HttpRequest request) =>
            Answer(lago.Update(Cut(externalId), status, await LagoJson.ReadAsync(request, "subscription"))));
        routes.MapDelete("/{externalId}", (string externalId, string? status) => Answer(lago.Terminate(Cut(externalId), status)));
    }

    private void MapPlans(RouteGroupBuilder routes)
    {
        routes.MapPost("", async (HttpRequest request) => LagoJson.Answer("plan", lago.Plans.Create(await LagoJson.ReadAsync(request, "plan")).ToJson()));
        routes.MapGet("", (HttpRequest request) => LagoJson.Page("plans", lago.Plans.All.Select(p => p.ToJson()), request.Query));
        routes.MapGet("/{code}", (string code) => LagoJson.Answer("plan", lago.Plans.Get(Cut(code)).ToJson()));
    }

    private IEnumerable<JsonObject> Listed(IQueryCollection query)
    {
        string?[] statuses = query["status[]"] is { Count: > 0 } given ? [.. given] : ["active"];
        return lago.All.Where(s => statuses.Contains(s.Status) && Is(query["external_customer_id"], s.ExternalCustomerId)
            && Is(query["plan_code"], s.PlanCode) && Is(query["external_id"], s.ExternalId)).Select(s => s.ToJson(Time.GetUtcNow()));
    }

    private IResult Answer(LagoSubscription subscription) => LagoJson.Answer("subscription", subscription.ToJson(Time.GetUtcNow()));

    // Rails ends a segment at a dot: what follows is the format.
    private static string Cut(string segment) => segment.Split('.')[0];

    private static bool Is(string? filter, string value) => string.IsNullOrEmpty(filter) || filter == value;
}
