using System.Collections.Concurrent;
using Harness.Load;

namespace Harness.Checking;

/// <summary>Writes what many threads do into one history file; none of them waits for the disk.</summary>
internal sealed class HistoryRecorder : IDisposable
{
    private readonly BlockingCollection<HistoryChunk> _full = [];
    private readonly ConcurrentBag<HistoryChunk> _spare = [];
    private readonly List<HistoryLog> _logs = [];
    private readonly HistoryWriter _writer;
    private readonly Thread _writing;
    private IOException? _problem;
    private bool _finished;

    /// <exception cref="LoadException">The file cannot be made.</exception>
    public HistoryRecorder(string path)
    {
        try
        {
            _writer = new(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"no history can be recorded in {path}: {problem.Message}");
        }

        _writing = new Thread(Write) { IsBackground = true, Name = "history" };
        _writing.Start();
    }

    /// <summary>The log of one thread; opened before the load begins or after it has ended.</summary>
    public HistoryLog Open()
    {
        var log = new HistoryLog(this);
        _logs.Add(log);
        return log;
    }

    /// <summary>Completes the file, once all threads with a log have ended.</summary>
    /// <exception cref="IOException">Not all of it could be written.</exception>
    public void Finish()
    {
        if (_finished) return;

        _finished = true;
        foreach (var log in _logs) log.Flush();
        _full.CompleteAdding();
        _writing.Join();
        _writer.Dispose();
        if (_problem is not null) throw _problem;
    }

    public void Dispose()
    {
        try
        {
            Finish();
        }
        catch (IOException)
        {
            // Whoever wants the file finishes it, and is told.
        }

        _full.Dispose();
    }

    internal HistoryChunk Exchange(HistoryChunk full)
    {
        _full.Add(full);
        return _spare.TryTake(out var spare) ? spare : new();
    }

    private void Write()
    {
        foreach (var chunk in _full.GetConsumingEnumerable())
        {
            try
            {
                if (_problem is null) chunk.TellTo(_writer);
            }
            catch (IOException problem)
            {
                _problem = problem;
            }

            chunk.Clear();
            _spare.Add(chunk);
        }
    }
}

/// <summary>One thread's part of a history.</summary>
internal sealed class HistoryLog(HistoryRecorder recorder) : IHistorySink
{
    private HistoryChunk _chunk = new();

    public void Add(in SendEntry send)
    {
        _chunk.Sends.Add(send);
        if (_chunk.IsFull) Flush();
    }

    public void Add(in ReadEntry read)
    {
        _chunk.Reads.Add(read);
        if (_chunk.IsFull) Flush();
    }

    public void Add(in PassEntry pass) => _chunk.Passes.Add(pass);

    public void Flush() => _chunk = recorder.Exchange(_chunk);
}

/// <summary>Entries on their way from a thread to the file. Reused.</summary>
internal sealed class HistoryChunk
{
    private const int Entries = 512;

    public List<SendEntry> Sends { get; } = [];

    public List<ReadEntry> Reads { get; } = [];

    public List<PassEntry> Passes { get; } = [];

    public bool IsFull => Sends.Count + Reads.Count >= Entries;

    public void TellTo(IHistorySink sink)
    {
        foreach (var send in Sends) sink.Add(send);
        foreach (var read in Reads) sink.Add(read);
        foreach (var pass in Passes) sink.Add(pass);
    }

    public void Clear()
    {
        Sends.Clear();
        Reads.Clear();
        Passes.Clear();
    }
}
