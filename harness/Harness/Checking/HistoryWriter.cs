using System.Buffers;
using System.Text.Json;

namespace Harness.Checking;

/// <summary>Writes a history as lines of JSON, the form that <see cref="HistoryFile"/> describes. Not thread-safe.</summary>
public sealed class HistoryWriter : IHistorySink, IDisposable
{
    private const int FlushBytes = 1 << 16;

    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _text = new(2 * FlushBytes);
    private readonly Utf8JsonWriter _json;

    /// <exception cref="IOException">The file cannot be made.</exception>
    public HistoryWriter(string path)
    {
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _json = new Utf8JsonWriter(_text);
        Begin("history");
        _json.WriteNumber("format", HistoryFile.Format);
        End();
    }

    public void Add(in SendEntry send)
    {
        Begin("send");
        _json.WriteNumber("process", send.Producer);
        _json.WriteNumber("partition", send.Partition);
        _json.WriteNumber("first", send.First);
        _json.WriteNumber("count", send.Count);
        _json.WriteString("type", HistoryFile.Name(send.Outcome));
        if (send.Offset >= 0) _json.WriteNumber("offset", send.Offset);
        _json.WriteNumber("invoke", send.Invoke);
        _json.WriteNumber("complete", send.Complete);
        End();
    }

    public void Add(in ReadEntry read)
    {
        Begin("read");
        _json.WriteNumber("process", read.Reader);
        _json.WriteNumber("partition", read.Partition);
        _json.WriteNumber("offset", read.Offset);
        _json.WriteNumber("count", read.Count);
        if (read.Producer >= 0)
        {
            _json.WriteNumber("producer", read.Producer);
            _json.WriteNumber("first", read.First);
        }

        if (read.IsCorrupt) _json.WriteBoolean("corrupt", true);
        if (read.HighWatermark >= 0) _json.WriteNumber("highWatermark", read.HighWatermark);
        _json.WriteNumber("invoke", read.Invoke);
        _json.WriteNumber("complete", read.Complete);
        End();
    }

    public void Add(in PassEntry pass)
    {
        Begin("pass");
        _json.WriteNumber("process", pass.Reader);
        _json.WriteNumber("partition", pass.Partition);
        _json.WriteNumber("from", pass.From);
        _json.WriteNumber("reached", pass.Reached);
        if (pass.End >= 0) _json.WriteNumber("end", pass.End);
        End();
    }

    public void Dispose()
    {
        Flush();
        _json.Dispose();
        _file.Dispose();
    }

    private void Begin(string operation)
    {
        _json.WriteStartObject();
        _json.WriteString("op", operation);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _text.Write("\n"u8);
        _json.Reset();
        if (_text.WrittenCount >= FlushBytes) Flush();
    }

    private void Flush()
    {
        _file.Write(_text.WrittenSpan);
        _text.ResetWrittenCount();
    }
}
