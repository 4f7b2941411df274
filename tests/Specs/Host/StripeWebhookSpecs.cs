using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using BillingMonolith.Host.Edge;
using BillingMonolith.Host.Http;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Host.Webhook;
using BillingMonolith.Inbox;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Specs.HostRoom;

/// <summary>What of the intake cannot be forced from outside; the rest is in Journeys/Intake.</summary>
public sealed class StripeWebhookSpecs
{
    private const string Secret = "whsec_of_the_webhook_specs";

    /// <summary>Never connects: nothing in here comes as far as the database.</summary>
    private static readonly NpgsqlDataSource Nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Username=nobody;Database=nowhere");

    [Fact]
    public async Task An_upload_that_breaks_after_it_grew_gives_no_buffer_back_twice()
    {
        // All on this thread: the pool keeps what a thread gave back for that thread.
        var upload = new Pipe(new PipeOptions(null, PipeScheduler.Inline, PipeScheduler.Inline, useSynchronizationContext: false));
        var received = Webhook(new EventWriter(Nowhere, new StripePlan(options: null!), NullLogger<EventWriter>.Instance)).ReceiveAsync(Request(upload.Reader));
        await upload.Writer.WriteAsync(new byte[40_000], TestContext.Current.CancellationToken);
        await upload.Writer.CompleteAsync(new IOException("The sender is gone."));
        // A buffer that was given back twice has two owners from then on, and one event's bytes become another's.
        foreach (var size in (int[])[16, 32, 64])
        {
            var rented = Enumerable.Range(0, 8).Select(_ => ArrayPool<byte>.Shared.Rent(size * 1024)).ToList();
            rented.Distinct(ReferenceEqualityComparer.Instance).Count().ShouldBe(8, $"{size} KiB");
        }

        await received;
    }

    [Fact]
    public async Task What_does_not_fit_into_the_queue_is_refused_at_once_and_told_when_to_come_back()
    {
        // A writer that was never started empties no queue, as one that waits for a database.
        var writer = new EventWriter(Nowhere, new StripePlan(options: null!), NullLogger<EventWriter>.Instance);
        var body = """{"id":"evt_1","object":"event","type":"checkout.session.completed","created":1766167913,"livemode":false}"""u8.ToArray();
        EnvelopeScan.TryScan(body, out var envelope).ShouldBeTrue();
        var waiting = 0;
        while (!writer.AddAsync(envelope, body, routed: true).IsCompleted) (++waiting).ShouldBeLessThan(100_000, "the queue has no bound");

        var context = Request(PipeReader.Create(new MemoryStream(body)));
        context.Request.Headers["Stripe-Signature"] = StripeSignature.Sign(body, Secret, TimeProvider.System.GetUtcNow());
        await Webhook(writer).ReceiveAsync(context);

        context.Response.StatusCode.ShouldBe(503);
        context.Response.Headers.RetryAfter.ToString().ShouldBe("5");
        context.Response.Body.Position = 0;
        using var answer = new StreamReader(context.Response.Body, Encoding.UTF8);
        (await answer.ReadToEndAsync(TestContext.Current.CancellationToken)).ShouldContain("not-stored");
    }

    private static StripeWebhook Webhook(EventWriter writer)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new("WebhookSecret", Secret), new("SecretKey", "sk_test_webhook_specs")]).Build();
        var services = new ServiceCollection().Configure<StripeOptions>(settings).BuildServiceProvider();
        var secrets = new WebhookSecrets(services.GetRequiredService<IOptionsMonitor<StripeOptions>>(), NullLogger<WebhookSecrets>.Instance);
        var limiter = new AddressLimiter(Options.Create(new LimitsOptions()), TimeProvider.System);
        return new StripeWebhook(secrets, new StripeSources(Options.Create(new StripeOptions()), NullLogger<StripeSources>.Instance), limiter, writer, TimeProvider.System);
    }

    private static DefaultHttpContext Request(PipeReader body)
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        context.Features.Set<IRequestBodyPipeFeature>(new Body(body));
        return context;
    }

    private sealed record Body(PipeReader Reader) : IRequestBodyPipeFeature;
}
