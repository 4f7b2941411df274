using System.Text;

namespace BillingMonolith.Journeys.Kit;

/// <summary>
/// Follows one connection's messages (PostgreSQL protocol 3) and knows which message of the client commits. In an implicit transaction that is the Sync,
/// a simple Query, or the end of a COPY; in an explicit one, the Query or Execute that carries COMMIT (the server does not wait for the Sync after it).
/// Npgsql sends BEGIN together with the first statement, before the server has confirmed it, so the client's words count and the server's status
/// corrects them.
/// </summary>
internal sealed class CommitWatch
{
    private readonly Lock gate = new();
    private readonly MemoryStream sinceIdle = new();
    private readonly Queue<int> unanswered = new();
    private readonly Dictionary<string, string> statements = new(StringComparer.Ordinal);
    private bool explicitTransaction;
    private bool executed;
    private bool commits;
    private bool copiesIn;

    /// <summary>Everything from the client since the connection was last idle outside a transaction.</summary>
    public ReadOnlyMemory<byte> Transaction
    {
        get { lock (gate) return sinceIdle.ToArray(); }
    }

    /// <summary>Takes a message of the client; true when the server would commit on receiving it.</summary>
    public bool FromClient(char type, ReadOnlySpan<byte> body)
    {
        lock (gate)
        {
            sinceIdle.Write(body);
            switch (type)
            {
                case 'P':
                    var name = Text(ref body);
                    statements[name] = Text(ref body);
                    return false;
                case 'B':
                    _ = Text(ref body);
                    if (statements.TryGetValue(Text(ref body), out var sql)) Execute(sql);
                    return false;
                case 'E' when commits:
                    (commits, executed) = (false, false);
                    return true;
                case 'Q':
                    Execute(Text(ref body));
                    return !copiesIn && EndsUnit();
                case 'c' or 'f' when copiesIn:
                    copiesIn = false;
                    return EndsUnit() && type == 'c';
                case 'S':
                    return EndsUnit();
                default:
                    return false;
            }
        }
    }

    /// <summary>Takes a ReadyForQuery of the server; true when it answers the last thing that the client sent.</summary>
    public bool Ready(char status)
    {
        lock (gate)
        {
            var end = unanswered.TryDequeue(out var offset) ? offset : (int)sinceIdle.Length;
            if (unanswered.Count == 0) explicitTransaction = status != 'I';
            var last = end == sinceIdle.Length;
            if (status == 'I') Forget(end);
            return last;
        }
    }

    private void Execute(string sql)
    {
        executed = true;
        foreach (var statement in sql.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            switch (statement.Split((char[])[' ', '\n', '\t', '('], 2)[0].ToUpperInvariant())
            {
                case "BEGIN" or "START":
                    explicitTransaction = true;
                    break;
                case "COMMIT" or "END":
                    commits = true;
                    explicitTransaction = false;
                    break;
                case "ROLLBACK" or "ABORT" when !statement.Contains(" TO ", StringComparison.OrdinalIgnoreCase):
                    explicitTransaction = false;
                    break;
                case "COPY":
                    copiesIn = statement.Contains("FROM STDIN", StringComparison.OrdinalIgnoreCase);
                    break;
            }
        }
    }

    private bool EndsUnit()
    {
        unanswered.Enqueue((int)sinceIdle.Length);
        var result = commits || (executed && !explicitTransaction);
        (commits, executed) = (false, false);
        return result;
    }

    private void Forget(int end)
    {
        var rest = sinceIdle.ToArray()[end..];
        sinceIdle.SetLength(0);
        sinceIdle.Write(rest);
        var answered = unanswered.ToArray();
        unanswered.Clear();
        foreach (var offset in answered) unanswered.Enqueue(offset - end);
    }

    private static string Text(ref ReadOnlySpan<byte> body)
    {
        var end = body.IndexOf((byte)0);
        var text = Encoding.UTF8.GetString(body[..end]);
        body = body[(end + 1)..];
        return text;
    }
}
