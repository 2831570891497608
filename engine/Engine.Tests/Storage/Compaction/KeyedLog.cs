using System.Text;
using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Compaction;
using Engine.Storage.Native;

namespace Engine.Tests.Storage.Compaction;

/// <summary>A record of a compacted log, as a consumer sees it.</summary>
internal readonly record struct KeyedRecord(long Offset, string? Key, string? Value, long Timestamp);

/// <summary>A log of records with keys, and what was put into it.</summary>
internal sealed class KeyedLog : IDisposable
{
    public static readonly LogOptions Options = new()
    {
        SegmentBytes = 4096,
        IndexIntervalBytes = 256,
        RetentionAge = Timeout.InfiniteTimeSpan,
        Compaction = new CompactionOptions { MinDirtyRatio = 0 },
    };

    private readonly Random _random = new(11);

    public KeyedLog(LogOptions? options = null, FileCalls? calls = null, StorageStrategies? strategies = null) =>
        Scratch = new ScratchLog(options ?? Options, strategies, calls);

    public ScratchLog Scratch { get; }

    public PartitionLog Log => Scratch.Log;

    /// <summary>Every record that was appended.</summary>
    public List<KeyedRecord> Appended { get; } = [];

    /// <summary>The offset at which the last, growing segment begins: what may be compacted ends here.</summary>
    public long ClosedEnd => Log.LastSegmentOffset;

    public void Append(long timestamp, params (string? Key, string? Value)[] records)
    {
        Appended.AddRange(records.Select((record, i) => new KeyedRecord(Log.EndOffset + i, record.Key, record.Value, timestamp)));
        Log.Append(Batches.Keyed(Log.EndOffset, timestamp, records));
    }

    /// <summary>Appends many batches over few keys, now and then a deletion.</summary>
    public void Fill(int batches = 300, int keys = 40)
    {
        for (var batch = 0; batch < batches; batch++)
        {
            var records = Enumerable.Range(0, _random.Next(1, 8)).Select(_ => (
                (string?)$"key-{_random.Next(keys)}", _random.Next(10) == 0 ? null : new string((char)('a' + _random.Next(26)), _random.Next(1, 60))));
            Append(1000 + (batch * 10), [.. records]);
        }

        Scratch.Data.Settle();
    }

    /// <summary>Compacts with the clock at <paramref name="now"/>.</summary>
    public CompactionReport? Compact(long now = 10_000, long below = long.MaxValue, long mapBytes = 1 << 20)
    {
        Scratch.Data.Settle();
        var report = Log.Compaction!.Run(now, below, mapBytes, Unlimited);
        Scratch.Data.Settle();
        return report;
    }

    public static ByteRate Unlimited => new(long.MaxValue, TimeProvider.System, CancellationToken.None);

    /// <summary>Every record there is now, read as a consumer does.</summary>
    public List<KeyedRecord> Read() => Records(Scratch.ReadAll(Log.StartOffset));

    public static List<KeyedRecord> Records(byte[] batches)
    {
        var records = new List<KeyedRecord>();
        foreach (var batch in new BatchReader(batches))
        {
            Assert.Equal(batch.Length, BatchCheck.SoundBatchBytes(batch));
            foreach (var record in new RecordReader(batch))
            {
                records.Add(new(
                    record.Offset, record.KeyIsNull ? null : Encoding.UTF8.GetString(record.Key),
                    record.ValueIsNull ? null : Encoding.UTF8.GetString(record.Value), record.TimestampMs));
            }
        }

        return records;
    }

    /// <summary>What must be left: below <paramref name="cleanedEnd"/> each key's last record, behind it everything.</summary>
    public List<KeyedRecord> Expected(long cleanedEnd)
    {
        var last = Appended.Where(record => record.Offset < cleanedEnd && record.Key is not null).GroupBy(record => record.Key).ToDictionary(same => same.Key!, same => same.Max(record => record.Offset));
        return [.. Appended.Where(record => record.Offset >= cleanedEnd || record.Key is null || last[record.Key] == record.Offset)];
    }

    public void Dispose() => Scratch.Dispose();
}
