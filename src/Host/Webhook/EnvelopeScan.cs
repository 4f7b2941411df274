using System.Buffers;
using System.Text.Json;
using BillingMonolith.Host.Neighbours;
using BillingMonolith.Host.Routing;
using BillingMonolith.Inbox;

namespace BillingMonolith.Host.Webhook;

/// <summary>Reads an event's envelope from the top level of its body, without building a document.</summary>
internal static class EnvelopeScan
{
    private const int MaxLength = 255;
    private const int MaxEscapedLength = MaxLength * 6; // every character as \uXXXX
    // ContainsAnyExceptInRange would be shorter, and allocates 96 bytes each time (.NET 10.0).
    private static readonly SearchValues<char> Printable = SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(c => (char)c)]);
    private static readonly long MaxUnixSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    // Texts of nearly every event: they are looked up here instead of being allocated again.
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Known =
        new HashSet<string>(
            [.. Routes.Types, EventObjects.Snapshot, EventObjects.Thin, "2024-06-20", "2025-11-17.clover", GuardedStripeClient.Version], StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>
    /// Reads the envelope, in any order of members and to any depth of the rest. False when this is not one whole JSON object with one usable
    /// id, type and created, or when a member of the envelope is of the wrong type or duplicate, because then it is ambiguous.
    /// </summary>
    public static bool TryScan(ReadOnlySpan<byte> body, out EventEnvelope envelope)
    {
        envelope = default;
        try
        {
            // The signature is checked and the size is capped before; depth alone must not keep an event from being stored.
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = int.MaxValue });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            var scan = default(Scan);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (!scan.TryMember(ref reader)) return false;
            }

            return !reader.Read() && scan.TryFinish(out envelope);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false; // InvalidOperationException: a string that is not Unicode
        }
    }

    private struct Scan
    {
        private string? id, type, apiVersion, @object;
        private DateTimeOffset created;
        private bool? livemode;
        private bool isThinTime;
        private int seen;

        public bool TryMember(ref Utf8JsonReader reader)
        {
            var member = MemberOf(ref reader);
            if (!reader.Read() || (seen & member) != 0) return false;
            seen |= member;
            switch (member)
            {
                case 1: return TryText(ref reader, out id) && id is not null;
                case 2: return TryText(ref reader, out type) && type is not null;
                case 4: return TryTime(ref reader);
                case 8: return TryFlag(ref reader);
                case 16: return TryText(ref reader, out apiVersion);
                case 32: return TryText(ref reader, out @object);
                default:
                    reader.Skip();
                    return true;
            }
        }

        public readonly bool TryFinish(out EventEnvelope envelope)
        {
            envelope = default;
            if (id is null || type is null || created == default || (isThinTime && @object != EventObjects.Thin)) return false;
            envelope = new EventEnvelope(id, type, created, livemode, apiVersion, @object);
            return true;
        }

        private static int MemberOf(ref Utf8JsonReader reader) =>
            reader.ValueTextEquals("data"u8) ? 0
            : reader.ValueTextEquals("id"u8) ? 1
            : reader.ValueTextEquals("type"u8) ? 2
            : reader.ValueTextEquals("created"u8) ? 4
            : reader.ValueTextEquals("livemode"u8) ? 8
            : reader.ValueTextEquals("api_version"u8) ? 16
            : reader.ValueTextEquals("object"u8) ? 32
            : 0;

        private static bool TryText(ref Utf8JsonReader reader, out string? text)
        {
            text = null;
            if (reader.TokenType == JsonTokenType.Null) return true;
            if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxEscapedLength) return false;
            Span<char> buffer = stackalloc char[MaxEscapedLength];
            ReadOnlySpan<char> chars = buffer[..reader.CopyString(buffer)];
            if (chars.Length is 0 or > MaxLength || chars.ContainsAnyExcept(Printable)) return false;
            if (!Known.TryGetValue(chars, out text)) text = chars.ToString();
            return true;
        }

        private bool TryTime(ref Utf8JsonReader reader)
        {
            if (reader.TokenType == JsonTokenType.String) return isThinTime = reader.TryGetDateTimeOffset(out created);
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var seconds) || seconds <= 0 || seconds > MaxUnixSeconds) return false;
            created = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }

        private bool TryFlag(ref Utf8JsonReader reader)
        {
            if (reader.TokenType is JsonTokenType.True or JsonTokenType.False) livemode = reader.GetBoolean();
            return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null;
        }
    }
}
