namespace BillingMonolith.Specs.House;

/// <summary>A ratchet: what does not fit on a screen is two ideas.</summary>
public sealed class SourceSpecs
{
    private const int LongestFile = 200;
    private const int LongestLine = 160;

    [Fact]
    public void No_file_is_longer_than_200_lines() =>
        Sources().Select(file => (Name: Path.GetRelativePath(Root(), file), Lines: File.ReadLines(file).Count()))
            .Where(f => f.Lines > LongestFile).Select(f => $"{f.Name}: {f.Lines} lines").ShouldBeEmpty();

    [Fact]
    public void No_line_is_longer_than_160_characters() =>
        Sources().SelectMany(file => File.ReadLines(file).Index().Where(l => l.Item.Length > LongestLine)
            .Select(l => $"{Path.GetRelativePath(Root(), file)}:{l.Index + 1}: {l.Item.Length} characters")).ShouldBeEmpty();

    private static IEnumerable<string> Sources()
    {
        var bin = $"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}";
        var files = Directory.GetFiles(Path.Combine(Root(), "src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains(bin, StringComparison.Ordinal) && !f.Contains(bin.Replace("bin", "obj", StringComparison.Ordinal), StringComparison.Ordinal)).ToList();
        files.Count.ShouldBeGreaterThan(100);
        return files;
    }

    internal static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "BillingMonolith.sln"))) folder = folder.Parent;
        if (folder is null) Assert.Skip("The sources are not beside these tests.");
        return folder.FullName;
    }
}
