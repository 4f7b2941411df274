using BillingMonolith.Billing;
using BillingMonolith.Credits;
using BillingMonolith.Host.Startup;
using BillingMonolith.Identity;
using BillingMonolith.SharedKernel;
using BillingMonolith.Specs.HostRoom.Api;
using FluentValidation;
using Microsoft.Extensions.DependencyInjection;

namespace BillingMonolith.Specs.House;

/// <summary>A validator that is not found lets everything pass, without a word.</summary>
public sealed class ValidatorSpecs
{
    [Fact]
    public void Every_validator_is_found_once()
    {
        var validators = new[] { typeof(BillingModule), typeof(IdentityModule), typeof(CreditsModule), typeof(UnitOfWork), typeof(App) }
            .SelectMany(room => room.Assembly.GetTypes()).Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false })
            .SelectMany(t => t.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IValidator<>)).Select(i => (Validates: i, By: t)))
            .ToList();
        validators.Count.ShouldBeGreaterThan(50);
        var registered = Description.Configure().Services.Where(s => s.ImplementationType is not null).ToList();
        foreach (var (validates, by) in validators)
            registered.Count(s => s.ServiceType == validates && s.ImplementationType == by && s.Lifetime == ServiceLifetime.Singleton).ShouldBe(1, by.Name);
    }
}
