using System.Text;

namespace BillingMonolith.Host.Smtp;

/// <summary>Quoted-printable (RFC 2045, 6.7) of UTF-8 text: lines of at most 76 ASCII characters, ended by CRLF, readable where the text is.</summary>
internal static class QuotedPrintable
{
    private const int LineLength = 76;

    public static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length + (text.Length / 8));
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n')) EncodeLine(encoded, Encoding.UTF8.GetBytes(line));
        return encoded.ToString();
    }

    private static void EncodeLine(StringBuilder encoded, byte[] line)
    {
        var column = 0;
        for (var i = 0; i < line.Length; i++)
        {
            var isLast = i == line.Length - 1;
            var isPlain = line[i] is (> 32 and < 127 and not (byte)'=') or ((byte)' ' or (byte)'\t') && (line[i] > 32 || !isLast);
            var piece = isPlain ? $"{(char)line[i]}" : $"={line[i]:X2}";
            if (column + piece.Length > LineLength - (isLast ? 0 : 1))
            {
                encoded.Append("=\r\n");
                column = 0;
            }

            encoded.Append(piece);
            column += piece.Length;
        }

        encoded.Append("\r\n");
    }
}
