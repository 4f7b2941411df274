using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox;

/// <summary>Configurations of the portal. The default one was saved on the dashboard; those that the API makes are named by sessions.</summary>
internal sealed class StripePortalSettings(StripeStore store)
{
    private const string Kind = "billing_portal.configuration";

    /// <summary>Somebody saves the portal's settings on the dashboard.</summary>
    public JsonObject Save() => store.All(Kind).FirstOrDefault(c => c.Flag("is_default")) ?? store.Add(New().With(("is_default", true)));

    public JsonObject Create(StripeForm form)
    {
        form.Only("business_profile default_return_url expand features login_page metadata name>=clover");
        if (form.Group("features") is not { } features) throw StripeFault.MissingParameter("features");
        features.Only("customer_update invoice_history payment_method_update subscription_cancel subscription_pause>=endive subscription_update");
        var configuration = New().With(
            ("default_return_url", form.Text("default_return_url")), ("name", form.Text("name")), ("metadata", form.Metadata("metadata")));
        foreach (var name in features.Names) configuration["features"]![name]!["enabled"] = features.Group(name)!.Flag("enabled") ?? false;
        return store.Add(configuration);
    }

    public JsonObject List(StripeForm form)
    {
        form.Only(StripeLists.Paging + " active is_default");
        var (active, standard) = (form.Flag("active"), form.Flag("is_default"));
        return StripeLists.Page("/v1/billing_portal/configurations", store.All(Kind)
            .Where(c => (active is null || c.Flag("active") == active) && (standard is null || c.Flag("is_default") == standard)), form);
    }

    /// <summary>The one that a session names, or the default.</summary>
    public string For(StripeForm session) => session.Text("configuration") is { Length: > 0 } id ? store.Find(Kind, id, "configuration").Name("id")
        : store.All(Kind).FirstOrDefault(c => c.Flag("is_default"))?.Name("id") ?? throw StripeFault.Bad(
            "No configuration provided and your test mode default configuration has not been created. Provide a configuration or create your default by " +
            "saving your customer portal settings in test mode at https://dashboard.stripe.com/test/settings/billing/portal.");

    private JsonObject New() => StripeJson.Parse("""
        {"id": "", "object": "billing_portal.configuration", "active": true, "application": null,
         "business_profile": {"headline": null, "privacy_policy_url": null, "terms_of_service_url": null}, "created": 0, "default_return_url": null,
         "features": {"customer_update": {"allowed_updates": [], "enabled": false}, "invoice_history": {"enabled": true},
           "payment_method_update": {"enabled": true, "payment_method_configuration": null},
           "subscription_cancel": {"cancellation_reason": {"enabled": false, "feedback_options": null, "options": ["too_expensive", "unused", "other"]},
             "enabled": true, "mode": "at_period_end", "proration_behavior": "none"},
           "subscription_pause": {"duration": {}, "enabled": false},
           "subscription_update": {"billing_cycle_anchor": null, "default_allowed_updates": [], "enabled": false, "proration_behavior": "none",
             "schedule_at_period_end": {"conditions": []}, "trial_update_behavior": "end_trial"}},
         "is_default": false, "livemode": false, "login_page": {"enabled": false, "url": null}, "metadata": {}, "name": null, "updated": 0}
        """).With(("id", store.NewId("bpc_1")), ("created", store.Now), ("updated", store.Now));
}
