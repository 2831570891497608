using Harness.Load.Content;

namespace Harness.Load.Sent;

/// <summary>What one producer sends to one partition, and what became of it.</summary>
/// <remarks>The producer's thread writes. Readers may look at <see cref="Sent"/> and the journal at any time, at the rest once it has ended.</remarks>
internal sealed class SentStream(int producer, int partition, StreamRecords records, bool template, bool withJournal)
{
    private long _sent;

    public int Producer => producer;

    public int Partition => partition;

    public StreamRecords Records => records;

    /// <summary>Whether every batch holds the stream's first records again (<see cref="ProduceSpec.TemplateMode"/>).</summary>
    public bool IsTemplate => template;

    /// <summary>Records given to a socket, which is also the number of the next.</summary>
    public long Sent
    {
        get => Volatile.Read(ref _sent);
        set => Volatile.Write(ref _sent, value);
    }

    /// <summary>Records encoded so far, which is also the number of the next to be encoded.</summary>
    public long Encoded { get; set; }

    /// <summary>Batches in requests without an answer.</summary>
    public int UnderWay { get; set; }

    /// <summary>The record that has sequence number 0 under the producer's present id.</summary>
    public long SequenceZero { get; set; }

    /// <summary>The offset after the last acknowledged record, as far as answers told.</summary>
    public long AckedEndOffset { get; set; }

    public NumberSet Acked { get; } = new();

    /// <summary>Null when nobody asks for end-to-end latency.</summary>
    public SendJournal? Journal { get; } = withJournal ? new() : null;
}
