namespace BillingMonolith.Host.Http;

/// <summary>Example bodies of a route's request and answers (another one for 202), as the document and its readers show them.</summary>
internal sealed record Example(string? Request = null, string? Response = null, string? Accepted = null);

/// <summary>A refusal that is this route's own: the status and the word in <c>error</c>.</summary>
internal sealed record Refuses(int Status, string Error);
