namespace BillingMonolith.Host.Http;

/// <summary>Example bodies of a route's request and answers (a separate one for 202), as the API's description shows them.</summary>
internal sealed record Example(string? Request = null, string? Response = null, string? Accepted = null);

/// <summary>A refusal of this route alone: the status and the code in <c>error</c>.</summary>
internal sealed record Refuses(int Status, string Error);
