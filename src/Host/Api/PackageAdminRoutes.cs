using System.ComponentModel;
using System.Net;
using BillingMonolith.Credits;
using BillingMonolith.Host.Access;
using BillingMonolith.Host.Http;
using BillingMonolith.SharedKernel;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace BillingMonolith.Host.Api;

/// <summary>The catalogue, for administrators.</summary>
internal static class PackageAdminRoutes
{
    private const string Code = "The package's code.";

    private const string Terms = """
        "package_name": "Pro Pack", "description": "For professionals", "credits": 10000, "currency": "usd",
          "prices": [{"currency": "usd", "amount_minor": 8000}, {"currency": "jpy", "amount_minor": 12000}],
          "discount_percentage": 20, "is_featured": true, "badge_text": "POPULAR", "display_order": 3}
        """;

    private static readonly Example One = new(Response: PackageRoutes.PackageExample);
    private static readonly Refuses Unknown = new(404, "package-not-found");
    private static readonly Refuses NoDefaultPrice = new(422, "no-default-price");

    public static void Map(IEndpointRouteBuilder api)
    {
        var admin = api.MapGroup("/admin").RequireAuthorization(Policies.Admin).WithTags("Catalogue");
        admin.MapGet("/credit-packages", ListAsync).WithName("listCatalogue").WithSummary("All packages of credits, also those that are not for sale")
            .WithDescription("In the order of the shop, read from the database.")
            .WithMetadata(new Example(Response: $"[{PackageRoutes.PackageExample}]"));
        admin.MapPost("/credit-packages", CreateAsync).WithName("createPackage").WithSummary("Add a package of credits")
            .WithDescription("Run `setup stripe` afterwards: it makes the product and the prices at Stripe.")
            .WithMetadata(new Refuses(409, "package-exists"), NoDefaultPrice, One with { Request = $$"""{"package_code": "pro", {{Terms}}""" });
        admin.MapGet("/credit-packages/{code}", ReadAsync).WithName("readPackage").WithSummary("One package of credits")
            .WithDescription("Its `ETag` is for `If-Match` of a change.").WithMetadata(Unknown, One);
        admin.MapPut("/credit-packages/{code}", ReplaceAsync).WithName("replacePackage").WithSummary("Change a package of credits")
            .WithDescription("Puts what is sent in the place of what was; only the code stays. Purchases keep what they were sold as. "
                + "Run `setup stripe` after a change of a price or a name. With the `ETag` of the package as you read it in `If-Match`, "
                + "a change that somebody made since then is not overwritten.")
            .WithMetadata(Unknown, new Refuses(412, "changed-meanwhile"), NoDefaultPrice, One with { Request = $$"""{{{Terms}}""" });
        admin.MapDelete("/credit-packages/{code}", DeactivateAsync).WithName("deactivatePackage").WithSummary("Take a package of credits off sale")
            .WithDescription("It stays, because purchases name it; put it back on sale by changing it. Once more changes nothing.").WithMetadata(Unknown, One);
    }

    private static async Task<Ok<IReadOnlyList<CreditPackage>>> ListAsync(IMediator mediator, CancellationToken cancellationToken) =>
        TypedResults.Ok(await mediator.Send(new ReadPackages(), cancellationToken));

    private static async Task<Ok<CreditPackage>> ReadAsync(
        IMediator mediator, HttpContext context, [Description(Code)] string code, CancellationToken cancellationToken)
    {
        var package = (await mediator.Send(new ReadPackages(), cancellationToken)).FirstOrDefault(p => p.PackageCode == code)
            ?? throw new RefusalException(HttpStatusCode.NotFound, Unknown.Error, $"There is no package '{code}'.");
        return TypedResults.Ok(Tagged(package, context));
    }

    private static async Task<Created<CreditPackage>> CreateAsync(
        IMediator mediator, HttpContext context, PackageList list, NewPackage package, CancellationToken cancellationToken)
    {
        var created = await mediator.Send(new CreatePackage(Problem.TraceId(context), package), cancellationToken);
        list.Drop(); // this host's next answer does not wait for the notice
        return TypedResults.Created($"{ApiV1.Prefix}/admin/credit-packages/{created.PackageCode}", Tagged(created, context));
    }

    private static async Task<Ok<CreditPackage>> ReplaceAsync(
        IMediator mediator, HttpContext context, PackageList list, [Description(Code)] string code, PackageTerms package,
        [FromHeader(Name = "If-Match"), Description(Revision.Header)] string? ifMatch, CancellationToken cancellationToken)
    {
        var replaced = await mediator.Send(new ReplacePackage(Problem.TraceId(context), code, Revision.Of(ifMatch), package), cancellationToken);
        list.Drop();
        return TypedResults.Ok(Tagged(replaced, context));
    }

    private static async Task<Ok<CreditPackage>> DeactivateAsync(
        IMediator mediator, HttpContext context, PackageList list, [Description(Code)] string code, CancellationToken cancellationToken)
    {
        var off = await mediator.Send(new DeactivatePackage(Problem.TraceId(context), code), cancellationToken);
        list.Drop();
        return TypedResults.Ok(Tagged(off, context));
    }

    private static CreditPackage Tagged(CreditPackage package, HttpContext context)
    {
        Revision.Tag(context, package.Revision);
        return package;
    }
}
