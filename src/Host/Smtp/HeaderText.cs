using System.Text;

namespace BillingMonolith.Host.Smtp;

/// <summary>What stands in a header: one line of ASCII, folded; everything else as encoded words (RFC 2047).</summary>
internal static class HeaderText
{
    private const int LineLength = 76;
    private const int WordBytes = 42; // 56 characters of base64, with =?utf-8?B?…?= and a header's name a line

    /// <summary>Free text, such as a subject.</summary>
    public static string Unstructured(string text)
    {
        var line = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return IsPlain(line) ? Folded(line) : EncodedWords(line);
    }

    /// <summary>A name before an address.</summary>
    public static string Phrase(string name) =>
        IsPlain(name) && name.Length < LineLength / 2
            ? $"\"{name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : EncodedWords(name);

    public static string Mailbox(MailboxAddress mailbox) =>
        mailbox.Name.Length == 0 ? mailbox.Address : $"{Phrase(mailbox.Name)}\r\n <{mailbox.Address}>";

    // Text that looks like an encoded word would be decoded by whoever reads it.
    private static bool IsPlain(string text) => text.All(c => c is >= ' ' and <= '~') && !text.Contains("=?", StringComparison.Ordinal)
        && text.Split(' ').All(w => w.Length < LineLength);

    private static string Folded(string text)
    {
        var (folded, column) = (new StringBuilder(), 12); // after the header's name
        foreach (var (i, word) in text.Split(' ').Index())
        {
            if (i > 0 && column + word.Length + 1 > LineLength && word.Length > 0) (column, folded) = (0, folded.Append("\r\n"));
            if (i > 0) folded.Append(' ');
            folded.Append(word);
            column += word.Length + 1;
        }

        return folded.ToString();
    }

    // Each word is decoded alone, so none ends inside a character.
    private static string EncodedWords(string text)
    {
        List<string> words = [];
        var (bytes, current) = (0, new StringBuilder());
        foreach (var rune in text.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > WordBytes) Finish();
            current.Append(rune);
            bytes += rune.Utf8SequenceLength;
        }

        Finish();
        return string.Join("\r\n ", words);

        void Finish()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(current.ToString()))}?=");
            (bytes, current) = (0, current.Clear());
        }
    }
}
