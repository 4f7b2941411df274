using System.Security.Cryptography;
using System.Text;
using BillingMonolith.Host.Callers;
using BillingMonolith.SharedKernel;
using Dapper;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Access;

/// <summary>
/// The sessions of all hosts. One is alive while Keycloak confirms it: it is checked again when the last check is older than
/// <see cref="AccessOptions.SessionCheckSeconds"/>, so that a user who was disabled, signed out or lost a role is out within twice that time.
/// </summary>
internal sealed class Sessions(
    NpgsqlDataSource database, KeycloakSession keycloak, IDataProtectionProvider protection, IOptions<AccessOptions> options, TimeProvider time)
{
    /// <summary>Longer than the time-outs for Keycloak's answer and its keys; the claim of a host that died during a check expires after it.</summary>
    private const int AskingSeconds = 20;
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);
    private readonly IDataProtector protector = protection.CreateProtector("BillingMonolith.Access.Sessions");
    private readonly TimeSpan interval = TimeSpan.FromSeconds(options.Value.SessionCheckSeconds);

    /// <summary>Keeps a new session, in the transaction of its audit entry, and returns its key, for the cookie.</summary>
    public async Task<string> StartAsync(NpgsqlConnection connection, AuthenticationTicket ticket)
    {
        var key = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await connection.ExecuteAsync("""
            INSERT INTO access_sessions (id, user_id, sid, ticket, expires_at) VALUES (@Id, @UserId, @Sid, @Ticket, now() + @Life)
            """, new
        {
            Id = Hash(key), UserId = ticket.Principal.UserId!, Sid = ticket.Principal.SessionId ?? "", Ticket = Protect(ticket),
            Life = SessionTokens.Of(ticket).Life,
        });
        return key;
    }

    public static Task EndAsync(NpgsqlConnection connection, string key) =>
        connection.ExecuteAsync("DELETE FROM access_sessions WHERE id = @id", new { id = Hash(key) });

    /// <summary>The session of this key, or null when there is none (any more).</summary>
    /// <exception cref="RetryAfterException">It cannot be decided now whether the session is alive, because Keycloak does not answer.</exception>
    public async Task<AuthenticationTicket?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var (id, glance) = (Hash(key), Glance);
        while (await ReadAsync(id, cancellationToken) is { } session)
        {
            if (session.Age < interval) return Read(session.Ticket);
            if (await ClaimAsync(id, cancellationToken) is { } claim)
            {
                if (await CheckAsync(id, claim, Read(session.Ticket)) is { } renewed) return renewed;
                continue; // it has ended, or the claim has
            }

            if (session.Age < 2 * interval) return Read(session.Ticket); // another request asks Keycloak at this moment
            await Task.Delay(glance, time, cancellationToken);
            if (glance < TimeSpan.FromSeconds(1)) glance *= 2;
        }

        return null;
    }

    private async Task<(byte[] Ticket, TimeSpan Age)?> ReadAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<(byte[], TimeSpan)?>(new CommandDefinition(
            "SELECT ticket, clock_timestamp() - checked_at FROM access_sessions WHERE id = @id AND expires_at > now()", new { id },
            cancellationToken: cancellationToken));
    }

    /// <summary>Only one request of all hosts asks Keycloak: with rotating refresh tokens a second would end the session. The answer is the fence.</summary>
    private async Task<DateTime?> ClaimAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition("""
            UPDATE access_sessions SET check_until = now() + make_interval(secs => @AskingSeconds)
            WHERE id = @id AND checked_at < now() - @interval AND (check_until IS NULL OR check_until < now()) RETURNING check_until
            """, new { id, interval, AskingSeconds }, cancellationToken: cancellationToken));
    }

    private async Task<AuthenticationTicket?> CheckAsync(byte[] id, DateTime claim, AuthenticationTicket? ticket)
    {
        AuthenticationTicket? renewed;
        try
        {
            // Not the request's token: a client that disconnects must not leave a rotated refresh token unsaved.
            renewed = ticket is null ? null : await keycloak.RenewAsync(ticket, CancellationToken.None);
        }
        catch
        {
            await EndCheckAsync("UPDATE access_sessions SET check_until = NULL", new { id, claim });
            throw;
        }

        if (renewed is null)
        {
            await EndCheckAsync("DELETE FROM access_sessions", new { id, claim });
            return null;
        }

        var saved = await EndCheckAsync("UPDATE access_sessions SET ticket = @Ticket, checked_at = now(), check_until = NULL, expires_at = now() + @Life",
            new { id, claim, Ticket = Protect(renewed), SessionTokens.Of(renewed).Life });
        return saved ? renewed : null;
    }

    /// <summary>False when the session was ended meanwhile, or another request had the claim by then: nothing is written.</summary>
    private async Task<bool> EndCheckAsync(string change, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        return await connection.ExecuteAsync($"{change} WHERE id = @id AND check_until = @claim", parameters) == 1;
    }

    private byte[] Protect(AuthenticationTicket ticket) => protector.Protect(TicketSerializer.Default.Serialize(ticket));

    private AuthenticationTicket? Read(byte[] ticket)
    {
        try
        {
            return TicketSerializer.Default.Deserialize(protector.Unprotect(ticket));
        }
        catch (CryptographicException)
        {
            return null; // its key is gone: the user has to sign in again
        }
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
