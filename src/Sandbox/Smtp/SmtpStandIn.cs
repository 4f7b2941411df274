using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace BillingMonolith.Sandbox.Smtp;

/// <summary>A mail server that keeps what it gets, with faults that a test sets and a page on which a person reads the mail.</summary>
internal sealed class SmtpStandIn : StandIn
{
    public const string User = "billing";
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closed = new();
    private readonly ConcurrentQueue<ReceivedMail> messages = new();
    private readonly List<SmtpFault> faults = [];
    private int loginsInClear;

    public SmtpStandIn(int port, TimeProvider time) : base(port, time)
    {
        listener.Start();
        _ = AcceptAsync();
    }

    public string Password { get; set; } = "smtp-password-of-the-sandbox";

    /// <summary>What it is for those who connect from now on.</summary>
    public SmtpKind Kind { get; set; } = new();

    /// <summary>How often somebody began to sign in without TLS.</summary>
    public int LoginsInClear => loginsInClear;

    /// <summary>For <c>Mail__SmtpUrl</c>.</summary>
    public string SmtpUrl => string.Create(CultureInfo.InvariantCulture, $"smtp://{User}:{Password}@127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    /// <summary>What was taken, oldest first; a mail that was sent twice is there twice.</summary>
    public IReadOnlyList<ReceivedMail> Messages => [.. messages];

    public void Add(SmtpFault fault)
    {
        lock (faults) faults.Add(fault);
    }

    /// <summary>Removes all faults of its SMTP side.</summary>
    public void HealSmtp()
    {
        lock (faults) faults.Clear();
    }

    public override async ValueTask DisposeAsync()
    {
        await closed.CancelAsync();
        listener.Stop();
        await base.DisposeAsync();
        closed.Dispose();
    }

    internal SmtpFault? TakeFault(SmtpStage stage)
    {
        lock (faults)
        {
            var fault = faults.Find(f => f.Stage == stage && f.Struck < f.Times);
            if (fault is not null) fault.Struck++;
            return fault;
        }
    }

    internal void CountLoginInClear() => Interlocked.Increment(ref loginsInClear);

    internal void Take(ReceivedMail mail) => messages.Enqueue(mail);

    protected override void Map(WebApplication routes) => MailPage.Map(routes, this);

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _ = TalkAsync(await listener.AcceptSocketAsync(closed.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // closed
        }
    }

    private async Task TalkAsync(Socket socket)
    {
        using (socket)
        {
            try
            {
                await new SmtpSession(socket, this).RunAsync(closed.Token);
            }
            catch (Exception e) when (e is IOException or SocketException or AuthenticationException or OperationCanceledException or ObjectDisposedException)
            {
                // the other side went away, or does not trust this one
            }
        }
    }
}
