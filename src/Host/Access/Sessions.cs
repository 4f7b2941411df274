using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Npgsql;

namespace BillingMonolith.Host.Access;

/// <summary>
/// The sessions of all hosts. One is alive while Keycloak vouches for it: asked again when its last word is older than
/// <see cref="AccessOptions.SessionCheckSeconds"/>, so that who was disabled, signed out or lost a role is out within twice that time.
/// </summary>
internal sealed class Sessions(
    NpgsqlDataSource database, KeycloakSession keycloak, IDataProtectionProvider protection, IOptions<AccessOptions> options, TimeProvider time)
{
    /// <summary>Longer than an answer of Keycloak is waited for; a host that died while asking is forgotten after it.</summary>
    private const int AskingSeconds = 10;
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(100);
    private readonly IDataProtector protector = protection.CreateProtector("BillingMonolith.Access.Sessions");
    private readonly TimeSpan interval = TimeSpan.FromSeconds(options.Value.SessionCheckSeconds);

    /// <summary>Keeps a new session and answers its key, for the cookie.</summary>
    public async Task<string> StartAsync(AuthenticationTicket ticket, CancellationToken cancellationToken)
    {
        var key = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("""
            INSERT INTO access_sessions (id, user_id, sid, ticket, expires_at) VALUES (@Id, @UserId, @Sid, @Ticket, now() + @Life)
            """, new
        {
            Id = Hash(key), UserId = ticket.Principal.UserId!, Sid = ticket.Principal.SessionId ?? "", Ticket = Protect(ticket),
            Life = SessionTokens.Of(ticket).Life,
        }, cancellationToken: cancellationToken));
        return key;
    }

    /// <summary>The session of this key, or null when there is none (any more).</summary>
    /// <exception cref="Operations.RetryAfterException">It cannot be told now whether the session is alive: Keycloak does not answer.</exception>
    public async Task<AuthenticationTicket?> FindAsync(string key, CancellationToken cancellationToken)
    {
        var id = Hash(key);
        while (await ReadAsync(id, cancellationToken) is { } session)
        {
            if (session.Age < interval) return Read(session.Ticket);
            if (await ClaimCheckAsync(id, cancellationToken) is { } claimed) return await CheckAsync(id, Read(claimed));
            if (session.Age < 2 * interval) return Read(session.Ticket); // another request asks Keycloak at this moment
            await Task.Delay(Glance, time, cancellationToken);
        }

        return null;
    }

    public async Task EndAsync(string key, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM access_sessions WHERE id = @id", new { id = Hash(key) }, cancellationToken: cancellationToken));
    }

    private async Task<(byte[] Ticket, TimeSpan Age)?> ReadAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<(byte[], TimeSpan)?>(new CommandDefinition(
            "SELECT ticket, clock_timestamp() - checked_at FROM access_sessions WHERE id = @id AND expires_at > now()", new { id },
            cancellationToken: cancellationToken));
    }

    /// <summary>One request of all hosts asks Keycloak: with rotating refresh tokens a second one would end the session.</summary>
    private async Task<byte[]?> ClaimCheckAsync(byte[] id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<byte[]>(new CommandDefinition("""
            UPDATE access_sessions SET check_until = now() + make_interval(secs => @AskingSeconds)
            WHERE id = @id AND checked_at < now() - @interval AND (check_until IS NULL OR check_until < now()) RETURNING ticket
            """, new { id, interval, AskingSeconds }, cancellationToken: cancellationToken));
    }

    private async Task<AuthenticationTicket?> CheckAsync(byte[] id, AuthenticationTicket? ticket)
    {
        AuthenticationTicket? renewed;
        try
        {
            // Not the request's token: who goes away must not leave a rotated refresh token unsaved.
            renewed = ticket is null ? null : await keycloak.RenewAsync(ticket, CancellationToken.None);
        }
        catch
        {
            await UpdateAsync("UPDATE access_sessions SET check_until = NULL WHERE id = @id", new { id });
            throw;
        }

        if (renewed is null)
        {
            await UpdateAsync("DELETE FROM access_sessions WHERE id = @id", new { id });
            return null;
        }

        // Nothing is updated when the session was ended meanwhile: then it stays ended.
        var alive = await UpdateAsync("""
            UPDATE access_sessions SET ticket = @Ticket, checked_at = now(), check_until = NULL, expires_at = now() + @Life WHERE id = @id
            """, new { id, Ticket = Protect(renewed), SessionTokens.Of(renewed).Life });
        return alive == 1 ? renewed : null;
    }

    private async Task<int> UpdateAsync(string sql, object parameters)
    {
        await using var connection = await database.OpenConnectionAsync(CancellationToken.None);
        return await connection.ExecuteAsync(sql, parameters);
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
            return null; // its key is gone: whoever it was signs in again
        }
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
