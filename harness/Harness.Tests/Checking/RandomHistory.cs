using Harness.Checking;

namespace Harness.Tests.Checking;

/// <summary>A history as a sound cluster gives one, drawn from a seed: producers with every outcome, readers that trail, a last pass.</summary>
/// <remarks>One partition of one log; tests change the entries to plant what a sound cluster never does.</remarks>
internal sealed class RandomHistory
{
    private readonly Random _random;
    private readonly int _partition;
    private long _clock;

    public RandomHistory(int seed, int batches = 60, int producers = 3, int readers = 2, int partition = 0)
    {
        _random = new Random(seed);
        _partition = partition;
        var next = new long[producers];
        var read = Enumerable.Range(0, readers).ToDictionary(reader => reader, _ => 0);
        for (var i = 0; i < batches; i++)
        {
            var producer = _random.Next(producers);
            var count = _random.Next(1, 8);
            Send(producer, next[producer], count);
            next[producer] += count;
            for (var reader = 0; reader < readers; reader++)
                while (_random.Next(3) > 0 && read[reader] < Log.Count) Read(reader, Log[read[reader]++]);
        }

        PassReader = readers;
        Sends.Sort((a, b) => (a.Complete, a.First).CompareTo((b.Complete, b.First)));
        foreach (var batch in Log) Read(PassReader, batch);
        Pass = new(PassReader, _partition, From: 0, Reached: End, End);
    }

    public List<SendEntry> Sends { get; } = [];

    public List<ReadEntry> Reads { get; } = [];

    public PassEntry Pass { get; set; }

    public int PassReader { get; }

    /// <summary>What is stored, by offset.</summary>
    public List<(int Producer, long First, int Count, long Offset)> Log { get; } = [];

    public long End => Log.Count == 0 ? 0 : Log[^1].Offset + Log[^1].Count;

    public HistoryVerdict Check()
    {
        var checker = new HistoryChecker();
        TellTo(checker);
        return checker.Conclude();
    }

    public void TellTo(IHistorySink sink)
    {
        foreach (var send in Sends) sink.Add(send);
        foreach (var read in Reads) sink.Add(read);
        sink.Add(Pass);
    }

    /// <summary>The index in <see cref="Reads"/> of a reader's n-th batch.</summary>
    public int ReadOf(int reader, int number)
    {
        for (var i = 0; i < Reads.Count; i++)
            if (Reads[i].Reader == reader && number-- == 0) return i;
        throw new InvalidOperationException("this history is too short");
    }

    /// <summary>The batch of an acknowledged send somewhere in the middle.</summary>
    public SendEntry AckedSend(int skip = 10) => Sends.Where(send => send.Outcome == Outcome.Ok).Skip(skip).First();

    public void Read(int reader, (int Producer, long First, int Count, long Offset) batch)
    {
        var asked = _clock++;
        Reads.Add(new(reader, _partition, batch.Offset, batch.Count, batch.Producer, batch.First, false, batch.Offset + batch.Count + _random.Next(3), asked, _clock++));
    }

    private void Send(int producer, long first, int count)
    {
        var invoke = _clock++;
        var complete = invoke + _random.Next(50); // answers overtake those of other producers
        var fate = _random.Next(10);
        var isStored = fate is not (0 or 1);
        var offset = End;
        if (isStored) Log.Add((producer, first, count, offset));
        var outcome = fate switch { 0 => Outcome.Fail, 1 or 2 => Outcome.Info, _ => Outcome.Ok };
        // An answer to a retry may not tell the offset any more.
        Sends.Add(new(producer, _partition, first, count, outcome, outcome == Outcome.Ok && fate != 3 ? offset : -1, invoke, complete));
    }
}
