using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>The snapshots of producers beside a simulated log, and the segments of that log, as the engine's memory of producers sees them.</summary>
/// <remarks>
/// Written in the background: a crash loses what is not written yet, a loss of power also what was not to be durable, and the newest
/// may be damaged.
/// </remarks>
internal sealed class ProducerFiles(Schedule schedule, SimulatedDisk disk) : IProducerSnapshots, IProducerLog
{
    private const int MostKept = 8;
    private const int BatchBytes = 1 << 20; // So that a few batches make a step.
    private const int DamagePercent = 20;

    private readonly List<File> _files = [];
    private readonly List<File> _underWay = [];

    public long StartOffset => disk.StartOffset;

    public long EndOffset => disk.EndOffset;

    public long LastSegmentOffset =>
        Width == 0 ? 0 : disk.Batches.IsEmpty ? disk.EndOffset : disk.Batches[^1].BaseOffset / Width * Width;

    private int Width => schedule.Setting.OffsetsPerSegment;

    public long SegmentOffsetFromEnd(int segments)
    {
        if (Width == 0 || disk.Batches.IsEmpty) return LastSegmentOffset;
        return Math.Max(disk.Batches[0].BaseOffset / Width * Width, LastSegmentOffset - ((segments - 1) * Width));
    }

    public void Visit(long from, Action<ProducedBatch> visit)
    {
        for (var i = disk.IndexOf(from); i < disk.Batches.Length; i++) visit(ProducedBy(disk.Batches[i]));
    }

    public static ProducedBatch ProducedBy(in StoredBatch batch) => new(batch.Sequence, batch.Epoch, batch.BaseOffset, BatchBytes);

    public ProducerSnapshot? Newest(long from, long to)
    {
        WriteDue();
        return _files.FindLast(file => file.Snapshot.Offset >= from && file.Snapshot.Offset <= to).Snapshot;
    }

    public void DropAbove(long offset)
    {
        WriteDue();
        _underWay.Clear();
        _files.RemoveAll(file => file.Snapshot.Offset > offset);
    }

    public void Take(ProducerSnapshot snapshot, bool durably) =>
        _underWay.Add(new File(snapshot, durably, schedule.Now + schedule.Chance.Span(0, 300)));

    /// <summary>The node stops, and takes the time for it.</summary>
    public void WriteLast(ProducerSnapshot snapshot)
    {
        WriteDue();
        if (Width > 0) Write(new File(snapshot, IsDurable: false, schedule.Now));
    }

    public void Crash()
    {
        WriteDue();
        _underWay.Clear();
    }

    public void LosePower()
    {
        Crash();
        if (_files.Count == 0) return;
        _files.RemoveAll(file => !file.IsDurable && schedule.Chance.Percent(50));
        if (_files.Count > 0 && schedule.Chance.Percent(DamagePercent)) _files.RemoveAt(_files.Count - 1);
    }

    private void WriteDue()
    {
        foreach (var file in _underWay)
            if (file.WrittenAt <= schedule.Now) Write(file);
        _underWay.RemoveAll(file => file.WrittenAt <= schedule.Now);
    }

    private void Write(in File file)
    {
        var offset = file.Snapshot.Offset;
        _files.RemoveAll(other => other.Snapshot.Offset == offset);
        var place = _files.FindIndex(other => other.Snapshot.Offset > offset);
        _files.Insert(place < 0 ? _files.Count : place, file);
        if (_files.Count > MostKept) _files.RemoveAt(0);
    }

    private readonly record struct File(ProducerSnapshot Snapshot, bool IsDurable, long WrittenAt);
}
