using System.Text.RegularExpressions;

namespace BillingMonolith.Specs.House;

/// <summary>The image is built from the projects that there are: nothing in the repository builds it on every change.</summary>
public sealed partial class DockerfileSpecs
{
    [Fact]
    public void It_copies_every_project_of_the_product()
    {
        var copied = Copied().Matches(File.ReadAllText(Path.Combine(SourceSpecs.Root(), "Dockerfile"))).Select(m => m.Groups["project"].Value).Order();
        var there = Directory.GetFiles(Path.Combine(SourceSpecs.Root(), "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(p => Path.GetFileNameWithoutExtension(p)).Where(p => p != "Sandbox").Order();
        copied.ShouldBe(there);
    }

    [GeneratedRegex(@"^COPY src/(?<project>\w+)/\k<project>\.csproj src/\k<project>/$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Copied();
}
