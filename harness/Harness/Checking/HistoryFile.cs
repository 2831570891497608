using System.Text.Json;

namespace Harness.Checking;

/// <summary>A history as a file: one JSON object a line, readable as it is.</summary>
/// <remarks>
/// <code>
/// {"op":"history","format":1}
/// {"op":"send","process":0,"partition":2,"first":100,"count":37,"type":"ok","offset":1200,"invoke":81,"complete":95}
/// {"op":"read","process":1,"partition":2,"offset":1200,"count":37,"producer":0,"first":100,"highWatermark":1237,"invoke":90,"complete":97}
/// {"op":"pass","process":2,"partition":2,"from":0,"reached":1237,"end":1237}
/// </code>
/// The first line comes first; others in any order that keeps each process's own. <c>type</c> is ok, fail or info; an absent
/// <c>offset</c>, <c>producer</c>, <c>highWatermark</c> or <c>end</c> is unknown; <c>corrupt</c> is true where bytes differ. Values are
/// numbered by producer and partition, times are nanoseconds of CLOCK_MONOTONIC. See the entries for what each field means.
/// </remarks>
public static class HistoryFile
{
    public const int Format = 1;

    private const int FirstBlockBytes = 1 << 20;

    /// <summary>Tells a file's entries in order.</summary>
    /// <exception cref="FormatException">A line is none of these; the message names it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void Read(string path, IHistorySink sink)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var block = new byte[FirstBlockBytes];
        var fields = new Fields();
        var (filled, line) = (0, 0);
        while (file.Read(block, filled, block.Length - filled) is > 0 and var read)
        {
            filled += read;
            var start = 0;
            while (block.AsSpan(start, filled - start).IndexOf((byte)'\n') is >= 0 and var length)
            {
                Tell(block.AsSpan(start, length), ++line, fields, sink);
                start += length + 1;
            }

            block.AsSpan(start, filled - start).CopyTo(block);
            filled -= start;
            if (filled == block.Length) Array.Resize(ref block, block.Length * 2);
        }

        if (filled > 0) Tell(block.AsSpan(0, filled), ++line, fields, sink);
        if (line == 0) throw new FormatException("the file is empty");
    }

    internal static string Name(Outcome outcome) => outcome switch { Outcome.Ok => "ok", Outcome.Fail => "fail", _ => "info" };

    private static void Tell(ReadOnlySpan<byte> text, int line, Fields fields, IHistorySink sink)
    {
        try
        {
            Tell(text, isFirst: line == 1, fields, sink);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new FormatException($"line {line}: {problem.Message}", problem);
        }
    }

    private static void Tell(ReadOnlySpan<byte> text, bool isFirst, Fields fields, IHistorySink sink)
    {
        fields.Read(text);
        if (isFirst != (fields.Operation == Operation.History)) throw new FormatException("a history begins with {\"op\":\"history\",\"format\":1}, once");

        switch (fields.Operation)
        {
            case Operation.Send:
                sink.Add(new SendEntry(
                    (int)Need(fields.Process, "process"), (int)Need(fields.Partition, "partition"), Need(fields.First, "first"), Count(fields.Count),
                    fields.Type ?? throw new FormatException("type is missing"), fields.Offset ?? -1, Need(fields.Invoke, "invoke"), Need(fields.Complete, "complete")));
                break;
            case Operation.Read:
                sink.Add(new ReadEntry(
                    (int)Need(fields.Process, "process"), (int)Need(fields.Partition, "partition"), Need(fields.Offset, "offset"), Count(fields.Count),
                    (int)(fields.Producer ?? -1), fields.Producer is null ? -1 : Need(fields.First, "first"), fields.Corrupt, fields.HighWatermark ?? -1,
                    Need(fields.Invoke, "invoke"), Need(fields.Complete, "complete")));
                break;
            case Operation.Pass:
                sink.Add(new PassEntry(
                    (int)Need(fields.Process, "process"), (int)Need(fields.Partition, "partition"), Need(fields.From, "from"), Need(fields.Reached, "reached"),
                    fields.End ?? -1));
                break;
            default:
                if (fields.Format != Format) throw new FormatException($"format {fields.Format}: this build reads format {Format}");
                break;
        }
    }

    private static long Need(long? field, string name) => field switch
    {
        null => throw new FormatException($"{name} is missing"),
        < 0 => throw new FormatException($"{name} is {field}"),
        { } value => value,
    };

    private static int Count(long? field) => Need(field, "count") is > 0 and <= int.MaxValue and var count ? (int)count : throw new FormatException($"count is {field}");

    private enum Operation
    {
        None,
        History,
        Send,
        Read,
        Pass,
    }

    // One object for a whole file: its fields are cleared line by line.
    private sealed class Fields
    {
        public Operation Operation;
        public Outcome? Type;
        public bool Corrupt;
        public long? Format, Process, Partition, First, Count, Offset, Producer, HighWatermark, Invoke, Complete, From, Reached, End;

        public void Read(ReadOnlySpan<byte> text)
        {
            (Operation, Type, Corrupt) = (Operation.None, null, false);
            Format = Process = Partition = First = Count = Offset = Producer = HighWatermark = Invoke = Complete = From = Reached = End = null;
            var json = new Utf8JsonReader(text);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new FormatException("not an object");

            while (json.Read() && json.TokenType == JsonTokenType.PropertyName) Take(ref json);
        }

        private void Take(ref Utf8JsonReader json)
        {
            if (Is(ref json, "op"u8)) Operation = OperationOf(ref json);
            else if (Is(ref json, "type"u8)) Type = OutcomeOf(ref json);
            else if (Is(ref json, "corrupt"u8)) Corrupt = json.GetBoolean();
            else NumberOf(ref json) = Value(ref json);
        }

        private ref long? NumberOf(scoped ref Utf8JsonReader json)
        {
            if (json.ValueTextEquals("process"u8)) return ref Process;
            if (json.ValueTextEquals("partition"u8)) return ref Partition;
            if (json.ValueTextEquals("first"u8)) return ref First;
            if (json.ValueTextEquals("count"u8)) return ref Count;
            if (json.ValueTextEquals("offset"u8)) return ref Offset;
            if (json.ValueTextEquals("producer"u8)) return ref Producer;
            if (json.ValueTextEquals("highWatermark"u8)) return ref HighWatermark;
            if (json.ValueTextEquals("invoke"u8)) return ref Invoke;
            if (json.ValueTextEquals("complete"u8)) return ref Complete;
            if (json.ValueTextEquals("from"u8)) return ref From;
            if (json.ValueTextEquals("reached"u8)) return ref Reached;
            if (json.ValueTextEquals("end"u8)) return ref End;
            if (json.ValueTextEquals("format"u8)) return ref Format;
            throw new FormatException($"unknown field {json.GetString()}");
        }

        // Moves on to the value where the name is the one.
        private static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name) => json.ValueTextEquals(name) && json.Read();

        private static long Value(ref Utf8JsonReader json) => json.Read() ? json.GetInt64() : throw new FormatException("a value is missing");

        private static Operation OperationOf(ref Utf8JsonReader json)
        {
            if (json.ValueTextEquals("send"u8)) return Operation.Send;
            if (json.ValueTextEquals("read"u8)) return Operation.Read;
            if (json.ValueTextEquals("pass"u8)) return Operation.Pass;
            return json.ValueTextEquals("history"u8) ? Operation.History : throw new FormatException($"unknown op {json.GetString()}");
        }

        private static Outcome OutcomeOf(ref Utf8JsonReader json)
        {
            if (json.ValueTextEquals("ok"u8)) return Outcome.Ok;
            if (json.ValueTextEquals("fail"u8)) return Outcome.Fail;
            return json.ValueTextEquals("info"u8) ? Outcome.Info : throw new FormatException($"unknown type {json.GetString()}");
        }
    }
}
