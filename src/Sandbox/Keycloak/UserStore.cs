using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace BillingMonolith.Sandbox.Keycloak;

/// <summary>The realm's users, in memory, and what Keycloak does to them on POST and PUT.</summary>
internal sealed class UserStore(TimeProvider time)
{
    private readonly Lock gate = new();
    private ImmutableDictionary<string, KeycloakUser> users = ImmutableDictionary.Create<string, KeycloakUser>(StringComparer.Ordinal);

    public UserProfile Profile { get; set; } = UserProfile.OfANewRealm();

    public IReadOnlyCollection<KeycloakUser> All => [.. users.Values];

    public KeycloakUser Find(string id) => TryFind(id) ?? throw Refusal.Error(404, "User not found");

    public KeycloakUser? TryFind(string id) => users.GetValueOrDefault(id);

    /// <summary>Whose name or e-mail and password these are, disabled or not. An e-mail that several users share names nobody.</summary>
    public KeycloakUser? Authenticate(string? login, string? password)
    {
        var name = login?.ToLowerInvariant();
        var found = users.Values.Where(u => u.Username == name).ToList();
        if (found.Count == 0) found = [.. users.Values.Where(u => u.Email is not null && u.Email == name)];
        return found is [{ Password: { } secret } user] && secret == password ? user : null;
    }

    /// <summary>Stores a user past all checks.</summary>
    public void Seed(KeycloakUser user)
    {
        lock (gate) users = users.SetItem(user.Id, user);
    }

    public void Change(string id, Func<KeycloakUser, KeycloakUser> change)
    {
        lock (gate) users = users.SetItem(id, change(Find(id)));
    }

    /// <summary>Returns the new user's id.</summary>
    public string Create(string body)
    {
        var given = Representation.ReadUser(body);
        var username = Representation.Text(given, "username")?.ToLowerInvariant();
        if (string.IsNullOrEmpty(username)) throw Refusal.ErrorMessage(400, "User name is missing");
        lock (gate)
        {
            if (users.Values.Any(u => u.Username == username)) throw Refusal.ErrorMessage(409, "User exists with same username");
            var blank = new KeycloakUser(Guid.NewGuid().ToString(), username) { Enabled = false, CreatedTimestamp = time.GetUtcNow().ToUnixTimeMilliseconds() };
            users = users.Add(blank.Id, Apply(blank, given));
            return blank.Id;
        }
    }

    public void Put(string id, string body)
    {
        lock (gate) users = users.SetItem(id, Apply(Find(id), Representation.ReadUser(body)));
    }

    public void Delete(string id)
    {
        lock (gate) users = users.Remove(Find(id).Id);
    }

    /// <summary>
    /// Not a PATCH (UserResource, DefaultAttributes): without <c>attributes</c> only what is named changes; with it, what is not named is
    /// removed, e-mail and names too. Roles, groups and the username of a realm that forbids editing it are ignored.
    /// </summary>
    private KeycloakUser Apply(KeycloakUser user, JsonObject given)
    {
        var sent = Representation.Attributes(given);
        string? Root(string name, string? current) => Representation.Text(given, name) is { } text
            ? text.Length > 0 ? text : null
            : sent is null || !Profile.CanEdit(name) ? current : null;

        var next = user with
        {
            Email = Root("email", user.Email)?.ToLowerInvariant(),
            FirstName = Root("firstName", user.FirstName),
            LastName = Root("lastName", user.LastName),
            EmailVerified = Representation.Flag(given, "emailVerified") ?? user.EmailVerified,
            Enabled = Representation.Flag(given, "enabled") ?? user.Enabled,
            RequiredActions = given["requiredActions"] is JsonArray actions ? [.. actions.Select(a => (string)a!)] : user.RequiredActions,
            Attributes = sent is null ? user.Attributes : Replace(user, sent),
        };
        // Only a changed address is compared (DuplicateEmailValidator): who shares one already can be written.
        if (next.Email is not null && next.Email != user.Email && users.Values.Any(u => u.Id != user.Id && u.Email == next.Email))
            throw Refusal.ErrorMessage(409, "User exists with same email");
        Validate(next);
        return next;
    }

    /// <summary>What an administrator may not edit stays as it is; what the profile does not know is dropped without a word.</summary>
    private ImmutableSortedDictionary<string, ImmutableArray<string>> Replace(KeycloakUser user, Dictionary<string, ImmutableArray<string>> sent)
    {
        var readOnly = sent.Where(a => Profile.Declares(a.Key) && !Profile.CanEdit(a.Key)
            && !a.Value.SequenceEqual(user.Attributes.GetValueOrDefault(a.Key, [])));
        var errors = readOnly.Select(a => UserProfile.Error(a.Key, "error-user-attribute-read-only")).ToList();
        if (errors.Count > 0) throw Refusal.Invalid(errors);

        return ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
            user.Attributes.Where(a => !Profile.CanEdit(a.Key)).Concat(sent.Where(a => a.Value.Length > 0 && Profile.CanEdit(a.Key)
                && !UserProfile.RootAttributes.Contains(a.Key))));
    }

    private void Validate(KeycloakUser user)
    {
        string?[] roots = [user.Username, user.Email, user.FirstName, user.LastName];
        var values = UserProfile.RootAttributes.Zip(roots, KeyValuePair.Create).Where(root => root.Value is not null)
            .Select(root => KeyValuePair.Create(root.Key, ImmutableArray.Create(root.Value!)))
            .Concat(user.Attributes.Where(a => Profile.CanEdit(a.Key)));
        var errors = Profile.Validate(values.ToDictionary(StringComparer.Ordinal));
        if (errors.Count > 0) throw Refusal.Invalid(errors);
    }
}
