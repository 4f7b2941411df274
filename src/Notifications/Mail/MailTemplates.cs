using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;

namespace BillingMonolith.Notifications;

/// <summary>
/// The texts of mails: three files per mail (<c>name.subject</c>, <c>name.txt</c>, <c>name.html</c>) and the frame <c>layout.txt</c>, <c>layout.html</c> around
/// the latter two. Ours are in the program; a file of the same name in the operator's folder replaces one.
/// </summary>
public sealed class MailTemplates
{
    /// <summary>An order was placed.</summary>
    public const string OrderConfirmation = "order-confirmation";
    /// <summary>A pack was paid.</summary>
    public const string PurchaseReceipt = "purchase-receipt";
    /// <summary>A payment failed, or waits for the bank.</summary>
    public const string PaymentFailed = "payment-failed";
    /// <summary>A trial is about to end.</summary>
    public const string TrialEnding = "trial-ending";
    /// <summary>The balance is low.</summary>
    public const string LowBalance = "low-balance";
    /// <summary>For an operator: an endpoint was disabled.</summary>
    public const string WebhookDisabled = "webhook-disabled";

    private const string Layout = "layout";
    private static readonly string[] Everywhere = ["origin", "sender", "recipient"];
    private static readonly string[] Frame = [.. Everywhere, "subject", "content"];
    private static readonly FrozenDictionary<string, string[]> Facts = new Dictionary<string, string[]>
    {
        [OrderConfirmation] = ["order_identifier", "plan", "items", "shipping", "amount", "deadline", "ordered_on", "order_url"],
        [PurchaseReceipt] = ["package", "credits", "amount", "discount", "purchased_on", "purchase_id", "automatic"],
        [PaymentFailed] = ["amount", "action_required", "next_attempt", "pay_url"],
        [TrialEnding] = ["plan", "trial_end", "amount"],
        [LowBalance] = ["balance", "threshold", "day"],
        [WebhookDisabled] = ["url", "description", "reason", "endpoint_id"],
    }.ToFrozenDictionary();

    private readonly Dictionary<string, TemplateText> files = [];
    private readonly List<string> problems = [];
    private readonly HashSet<string> known = [];

    private MailTemplates() { }

    /// <summary>The names of all mails.</summary>
    public static IEnumerable<string> Names => Facts.Keys;

    /// <summary>The problems of the files, each with its name; empty when they can be used.</summary>
    public IReadOnlyList<string> Problems => problems;

    /// <param name="folder">The folder whose files replace ours; null = none.</param>
    public static MailTemplates Read(string? folder)
    {
        var templates = new MailTemplates();
        templates.Add($"{Layout}.txt", folder, Frame);
        templates.Add($"{Layout}.html", folder, Frame);
        foreach (var (name, facts) in Facts)
        {
            foreach (var form in (string[])["subject", "txt", "html"]) templates.Add($"{name}.{form}", folder, [.. Everywhere, .. facts]);
        }

        templates.ReportStrangers(folder);
        return templates;
    }

    /// <summary>The mail, with these facts for its placeholders.</summary>
    public (string Subject, string Text, string Html) Render(string template, IReadOnlyDictionary<string, string> facts)
    {
        var subject = files[$"{template}.subject"].Render(facts, f => f.Replace('\n', ' ')).Trim();
        Dictionary<string, string> frame = new(facts) { ["subject"] = subject };
        return (subject,
            Framed("txt", frame, files[$"{template}.txt"].Render(facts, f => f), f => f),
            Framed("html", frame, files[$"{template}.html"].Render(facts, Html), Html));
    }

    // The content has been escaped where it needed to be.
    private string Framed(string form, Dictionary<string, string> facts, string content, Func<string, string> escape) =>
        files[$"{Layout}.{form}"].Render(new Dictionary<string, string>(facts) { ["content"] = content }, f => ReferenceEquals(f, content) ? f : escape(f));

    private static string Html(string fact) => string.Join("<br>", fact.Split('\n').Select(HtmlEncoder.Default.Encode));

    private void Add(string file, string? folder, string[] facts)
    {
        known.Add(file);
        var path = string.IsNullOrEmpty(folder) ? null : Path.Combine(folder, file);
        try
        {
            var text = TemplateText.Parse(File.Exists(path) ? File.ReadAllText(path) : Ours(file));
            foreach (var name in text.Names.Except(facts))
                problems.Add($"Mail template {path ?? file}: {{{{{name}}}}} is not known. It can have {Listed(facts)}.");
            files[file] = text;
        }
        catch (FormatException e)
        {
            problems.Add($"Mail template {path ?? file}: {e.Message}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add($"Mail template {path} cannot be read: {e.Message}");
        }
    }

    // A misspelt name would be ignored silently.
    private void ReportStrangers(string? folder)
    {
        if (string.IsNullOrEmpty(folder)) return;
        foreach (var file in Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!))
        {
            if (Path.GetExtension(file) is ".subject" or ".txt" or ".html" && !known.Contains(file))
                problems.Add($"Mail template {Path.Combine(folder, file)} is none of ours. There are {Listed(Facts.Keys)} (.subject, .txt, .html) and "
                    + "layout (.txt, .html).");
        }
    }

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names.Order(StringComparer.Ordinal));

    private static string Ours(string file)
    {
        var resource = $"mail/{file}";
        using var stream = typeof(MailTemplates).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The program lacks its template {file}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
