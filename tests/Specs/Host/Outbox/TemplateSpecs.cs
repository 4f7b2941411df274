using BillingMonolith.Notifications;

namespace BillingMonolith.Specs.HostRoom.Outbox;

/// <summary>The language of mail templates, and those that there are.</summary>
public sealed class TemplateSpecs
{
    [Theory]
    [InlineData("Hello {{name}}!", "Hello Ada!")]
    [InlineData("{{#name}}Hello {{name}}{{/name}}.", "Hello Ada.")]
    [InlineData("{{#none}}Hello {{name}}{{/none}}.", ".")]
    [InlineData("{{#none}}a{{#name}}b{{/name}}c{{/none}}{{#name}}d{{/name}}", "d")]
    [InlineData("{{none}}x{ {y} }", "x{ {y} }")]
    public void A_template_has_facts_and_sections(string template, string rendered) =>
        TemplateText.Parse(template).Render(new Dictionary<string, string> { ["name"] = "Ada", ["none"] = "" }, f => f).ShouldBe(rendered);

    [Theory]
    [InlineData("{{#name}}")]
    [InlineData("{{/name}}")]
    [InlineData("{{#a}}{{#b}}{{/a}}{{/b}}")]
    [InlineData("{{ name }}")]
    [InlineData("{{Name}}")]
    [InlineData("{{name}")]
    [InlineData("a}}")]
    public void What_is_no_placeholder_is_an_error(string template) => Should.Throw<FormatException>(() => TemplateText.Parse(template));

    [Fact]
    public void Ours_can_all_be_used_and_say_in_text_what_they_say_in_HTML()
    {
        var templates = MailTemplates.Read(folder: null);
        templates.Problems.ShouldBeEmpty();
        foreach (var name in MailTemplates.Names)
        {
            var (subject, text, html) = templates.Render(name, new Dictionary<string, string>
            {
                ["origin"] = "https://billing.example.com", ["sender"] = "Example", ["recipient"] = "Ada", ["amount"] = "$10.00", ["credits"] = "1,000",
                ["package"] = "<b>Pack</b>", ["balance"] = "5", ["order_identifier"] = "DFY-1", ["trial_end"] = "1 Dec 2026", ["items"] = "1 × A\n2 × B", ["url"] = "https://x.example",
            });
            subject.ShouldNotBeEmpty();
            subject.ShouldNotContain("\n");
            foreach (var body in (string[])[text, html])
            {
                body.ShouldNotContain("{{", customMessage: name);
                body.ShouldContain("Hello Ada,", customMessage: name);
            }

            html.ShouldNotContain("<b>Pack</b>", customMessage: name);
            text.ShouldNotContain("&lt;", customMessage: name);
        }

        templates.Render(MailTemplates.OrderConfirmation, new Dictionary<string, string> { ["items"] = "1 × <A>\n2 × B" }).Html.ShouldContain("1 &#xD7; &lt;A&gt;<br>2 &#xD7; B");
    }

    [Fact]
    public void A_file_in_the_folder_takes_the_place_of_ours_and_its_faults_are_said_by_name()
    {
        var folder = Directory.CreateTempSubdirectory("templates").FullName;
        File.WriteAllText(Path.Combine(folder, "low-balance.subject"), "Only {{balance}}");
        MailTemplates.Read(folder).Render(MailTemplates.LowBalance, new Dictionary<string, string> { ["balance"] = "7" }).Subject.ShouldBe("Only 7");

        File.WriteAllText(Path.Combine(folder, "low-balance.txt"), "{{balanse}}");
        File.WriteAllText(Path.Combine(folder, "low-balance.html"), "{{#balance}}");
        File.WriteAllText(Path.Combine(folder, "low-ballance.txt"), "");
        var options = new MailOptions { TemplatesFolder = folder };
        var problems = new MailOptionsValidator().Validate(options).Errors.ConvertAll(e => e.ErrorMessage);
        problems.Count.ShouldBe(3);
        problems.ShouldContain(p => p.Contains("low-balance.txt", StringComparison.Ordinal) && p.Contains("{{balanse}} is not known", StringComparison.Ordinal));
        problems.ShouldContain(p => p.Contains("low-balance.html", StringComparison.Ordinal) && p.Contains("not closed", StringComparison.Ordinal));
        problems.ShouldContain(p => p.Contains("low-ballance.txt is none of ours", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("smtp://user:p%40ss@mail.example.com:2525", "mail.example.com", 2525, "user", "p@ss", "Auto")]
    [InlineData("smtp://mail.example.com", "mail.example.com", 587, null, null, "Auto")]
    [InlineData("smtps://u:hunter2@mail.example.com", "mail.example.com", 465, "u", "hunter2", "SslOnConnect")]
    public void A_mail_server_is_one_address(string url, string host, int port, string? user, string? password, string security)
    {
        var server = new MailOptions { SmtpUrl = url }.Server.ShouldNotBeNull();
        (server.Host, server.Port, server.Username, server.Password, server.Security.ToString()).ShouldBe((host, port, user, password, security));
        server.ToString().ShouldNotContain(password ?? "\0");
    }

    [Theory]
    [InlineData("mail.example.com", "Example <a@example.com>", "Mail:SmtpUrl")]
    [InlineData("http://mail.example.com", "a@example.com", "Mail:SmtpUrl")]
    [InlineData("smtp://mail.example.com", null, "Mail:From")]
    [InlineData("smtp://mail.example.com", "nobody", "Mail:From")]
    public void What_is_wrong_with_the_settings_is_said(string url, string? from, string about) =>
        new MailOptionsValidator().Validate(new MailOptions { SmtpUrl = url, From = from }).Errors.ShouldHaveSingleItem().ErrorMessage.ShouldStartWith(about);
}
