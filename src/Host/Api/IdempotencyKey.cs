using System.Net;
using BillingMonolith.Audit;
using BillingMonolith.Host.Access;

namespace BillingMonolith.Host.Api;

/// <summary>
/// The header <c>Idempotency-Key</c> of a route that requires it, as a parameter of its handler. An answer that was given before says so in
/// <c>Idempotent-Replayed</c>.
/// </summary>
internal sealed record IdempotencyKey(RequestKey Value)
{
    private const int Longest = 255;

    public static ValueTask<IdempotencyKey> BindAsync(HttpContext context)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length is 0 or > Longest || !key.All(c => c is >= ' ' and <= '~'))
            throw new RefusalException(HttpStatusCode.BadRequest, "idempotency-key-required",
                "Send the header Idempotency-Key: 1 to 255 printable ASCII characters, new for each new request, the same when you repeat one.");
        var caller = context.User.UserId
            ?? throw new InvalidOperationException("A route that takes an Idempotency-Key needs a policy that asks for a caller.");

        var replay = context.RequestServices.GetRequiredService<Replay>();
        context.Response.OnStarting(() =>
        {
            if (replay.Happened) context.Response.Headers["Idempotent-Replayed"] = "true";
            return Task.CompletedTask;
        });
        return ValueTask.FromResult(new IdempotencyKey(new RequestKey(caller, key, Problem.TraceId(context))));
    }
}
