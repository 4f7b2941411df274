using System.Security.Cryptography.X509Certificates;

namespace BillingMonolith.Sandbox.Smtp;

/// <summary>Where TLS begins.</summary>
internal enum SmtpTls
{
    Never,
    /// <summary>After STARTTLS (RFC 3207). A login is offered after it only, as Postfix does with smtpd_tls_auth_only.</summary>
    StartTls,
    /// <summary>With the first byte (RFC 8314).</summary>
    Implicit,
}

/// <summary>What kind of mail server the stand-in is.</summary>
internal sealed record SmtpKind
{
    public SmtpTls Tls { get; init; }
    public X509Certificate2? Certificate { get; init; }
    /// <summary>Of AUTH: PLAIN, LOGIN.</summary>
    public string Mechanisms { get; init; } = "PLAIN LOGIN";
    /// <summary>Takes addresses in UTF-8 (SMTPUTF8, RFC 6531).</summary>
    public bool TakesUtf8 { get; init; }
    /// <summary>Takes a message in pieces (BDAT, RFC 3030), as Postfix and Exchange do.</summary>
    public bool Chunks { get; init; }
    /// <summary>To STARTTLS: a refusal; or 220 and more, which somebody in the middle has put there.</summary>
    public string StartTlsAnswer { get; init; } = "220 2.0.0 go on";
    /// <summary>So many bytes of other lines before the last line of every answer.</summary>
    public int Chatter { get; init; }
}
