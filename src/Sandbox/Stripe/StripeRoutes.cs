using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>The API, one line per operation.</summary>
internal sealed class StripeRoutes(
    StripeStore store, StripeSessions sessions, StripeCheckout checkout, StripeCatalogue catalogue, StripeCustomers customers,
    StripeSubscriptions subscriptions, StripeInvoices invoices, StripeIntents intents,
    StripePaymentMethods methods, StripeRefunds refunds, StripeDisputes disputes,
    StripePromotions promotions, StripeEvents events, StripeEndpoints endpoints, StripeSchedules schedules, StripePortal portal,
    StripePortalSettings portalSettings)
{
    private delegate JsonObject Handle(StripeCall call);

    public void Map(WebApplication routes, StripeApi api)
    {
        foreach (var (method, pattern, handle) in (List<(string, string, Handle)>)[.. Selling(), .. Billing(), .. Paying()])
            routes.MapMethods("/v1/" + pattern, [method], (RequestDelegate)(context => api.RunAsync(context, c => handle(c))));
        routes.Map("/v1/{**rest}", (RequestDelegate)(context => api.RunAsync(context, _ => throw Unrecognized(context.Request.Method, context.Request.Path))));
    }

    private static StripeFault Unrecognized(string method, string path) =>
        new(404, $"Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove the trailing slash.");

    private List<(string Method, string Pattern, Handle Handle)> Selling() =>
    [
        ("POST", "checkout/sessions", c => sessions.Create(c.Form)),
        ("GET", "checkout/sessions", c => sessions.List(c.Form)),
        ("GET", "checkout/sessions/{id}", c => Get("checkout.session", c)),
        ("GET", "checkout/sessions/{id}/line_items", c => sessions.LineItems(c.Id, c.Form)),
        ("POST", "checkout/sessions/{id}/expire", c => checkout.Expire(c.Id)),
        ("POST", "customers", c => customers.Create(c.Form)),
        ("GET", "customers", c => customers.List(c.Form)),
        ("GET", "customers/{id}", c => Get("customer", c)),
        ("POST", "customers/{id}", c => customers.Update(c.Id, c.Form)),
        ("DELETE", "customers/{id}", c => customers.Delete(c.Id, c.Form)),
        ("POST", "products", c => catalogue.CreateProduct(c.Form)),
        ("GET", "products", c => catalogue.ListProducts(c.Form)),
        ("GET", "products/{id}", c => Get("product", c)),
        ("POST", "products/{id}", c => catalogue.UpdateProduct(c.Id, c.Form)),
        ("POST", "prices", c => catalogue.CreatePrice(c.Form)),
        ("GET", "prices", c => catalogue.ListPrices(c.Form)),
        ("GET", "prices/{id}", c => Get("price", c)),
        ("POST", "prices/{id}", c => catalogue.UpdatePrice(c.Id, c.Form)),
        ("POST", "coupons", c => promotions.CreateCoupon(c.Form)),
        ("GET", "coupons", c => promotions.ListCoupons(c.Form)),
        ("GET", "coupons/{id}", c => Get("coupon", c)),
        ("POST", "promotion_codes", c => promotions.CreateCode(c.Form)),
        ("GET", "promotion_codes", c => promotions.ListCodes(c.Form)),
        ("GET", "promotion_codes/{id}", c => Get("promotion_code", c)),
        ("POST", "promotion_codes/{id}", c => promotions.UpdateCode(c.Id, c.Form)),
    ];

    private List<(string Method, string Pattern, Handle Handle)> Billing() =>
    [
        ("GET", "subscriptions", c => subscriptions.List(c.Form)),
        ("GET", "subscriptions/{id}", c => Get("subscription", c)),
        ("POST", "subscriptions/{id}", c => subscriptions.Update(c.Id, c.Form)),
        ("DELETE", "subscriptions/{id}", c => subscriptions.Cancel(c.Id, c.Form)),
        ("POST", "subscription_schedules", c => schedules.Create(c.Form)),
        ("GET", "subscription_schedules/{id}", c => Get("subscription_schedule", c)),
        ("POST", "subscription_schedules/{id}", c => schedules.Update(c.Id, c.Form)),
        ("POST", "subscription_schedules/{id}/release", c => schedules.Release(c.Id, c.Form)),
        ("POST", "invoices/create_preview", c => subscriptions.Preview(c.Form)),
        ("POST", "billing_portal/sessions", c => portal.Create(c.Form)),
        ("POST", "billing_portal/configurations", c => portalSettings.Create(c.Form)),
        ("GET", "billing_portal/configurations", c => portalSettings.List(c.Form)),
        ("GET", "billing_portal/configurations/{id}", c => Get("billing_portal.configuration", c)),
        ("GET", "invoices", c => invoices.List(c.Form)),
        ("GET", "invoices/{id}", c => Get("invoice", c)),
        ("GET", "invoice_payments", c => ListPayments(c.Form)),
        ("GET", "events", c => ListEvents(c.Form)),
        ("GET", "events/{id}", c => events.Get(c.Id)),
        ("POST", "webhook_endpoints", c => endpoints.Create(c.Form)),
        ("GET", "webhook_endpoints", c => endpoints.List(c.Form)),
        ("GET", "webhook_endpoints/{id}", c => Get("webhook_endpoint", c)),
        ("POST", "webhook_endpoints/{id}", c => endpoints.Update(c.Id, c.Form)),
        ("DELETE", "webhook_endpoints/{id}", c => endpoints.Delete(c.Id)),
    ];

    private List<(string Method, string Pattern, Handle Handle)> Paying() =>
    [
        ("POST", "payment_intents", c => intents.Create(c.Form)),
        ("GET", "payment_intents", c => intents.List(c.Form)),
        ("GET", "payment_intents/{id}", c => Get("payment_intent", c)),
        ("GET", "payment_methods", c => methods.List(c.Form)),
        ("GET", "payment_methods/{id}", c => Get("payment_method", c)),
        ("POST", "payment_methods/{id}/detach", c => methods.Detach(c.Id, c.Form)),
        ("GET", "customers/{id}/payment_methods", c => methods.ListOf(c.Id, c.Form)),
        ("GET", "charges/{id}", c => Get("charge", c)),
        ("POST", "refunds", c => refunds.Create(c.Form)),
        ("GET", "refunds", c => refunds.List(c.Form)),
        ("GET", "refunds/{id}", c => Get("refund", c)),
        ("GET", "disputes", c => disputes.List(c.Form)),
        ("GET", "disputes/{id}", c => Get("dispute", c)),
    ];

    private JsonObject Get(string kind, StripeCall call)
    {
        call.Form.Only("expand");
        return store.Find(kind, call.Id);
    }

    /// <summary>They came with 2025-03-31.basil.</summary>
    private JsonObject ListPayments(StripeForm form) =>
        form.Since(StripeRendering.Clover) ? invoices.ListPayments(form) : throw Unrecognized("GET", "/v1/invoice_payments");

    private JsonObject ListEvents(StripeForm form)
    {
        form.Only(StripeLists.Paging + " type types delivery_success");
        return events.List(form);
    }
}
