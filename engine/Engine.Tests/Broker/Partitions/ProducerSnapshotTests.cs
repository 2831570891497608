using Engine.Broker.Partitions;
using Engine.Core.Partitions;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Partitions;

public sealed class ProducerSnapshotTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ProducerSnapshots _files;

    public ProducerSnapshotTests() => _files = new ProducerSnapshots(_folder.Path, "t-0");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parse_WhatWasWritten_IsTheSame()
    {
        var snapshot = Snapshot(1234, producers: 3);
        var read = ProducerSnapshotBytes.Parse(snapshot.ToBytes())!;

        Assert.Equal((1234, 5), (read.Offset, read.LeaderEpoch));
        Assert.Equal(snapshot.Producers.Select(Told), read.Producers.Select(Told));
    }

    [Fact]
    public void Parse_AnyByteChangedOrMissing_IsNothing()
    {
        var bytes = Snapshot(1234, producers: 3).ToBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= 0x20;
            Assert.Null(ProducerSnapshotBytes.Parse(changed));
            Assert.Null(ProducerSnapshotBytes.Parse(bytes.AsSpan(0, i)));
        }

        Assert.Null(ProducerSnapshotBytes.Parse([.. bytes, 0]));
    }

    [Fact]
    public void Newest_DamagedEmptyOrUnderAnotherName_IsPassedOverForTheOneBefore()
    {
        foreach (var offset in (long[])[100, 200, 300, 400, 500]) WriteAtRoll(offset);
        File.WriteAllBytes(PathOf(500), []);
        File.WriteAllBytes(PathOf(400), [.. File.ReadAllBytes(PathOf(400))[..^9], .. new byte[9]]);
        File.Copy(PathOf(200), PathOf(300), overwrite: true);
        File.WriteAllText(Path.Combine(_folder.Path, "notes.snapshot"), "not ours");

        Assert.Equal(200, _files.Newest(0, 1000)?.Offset);
        Assert.Equal(100, _files.Newest(0, 199)?.Offset);
        Assert.Null(_files.Newest(201, 1000));
    }

    [Fact]
    public void DropAbove_LaterSnapshots_AreGoneAndThoseTakenBeforeAreNotWritten()
    {
        foreach (var offset in (long[])[100, 200, 300]) WriteAtRoll(offset);
        var era = _files.Era;

        _files.DropAbove(200);
        _files.Write(Snapshot(300), era, durably: true);

        Assert.Equal([PathOf(100), PathOf(200)], Directory.GetFiles(_folder.Path, "*.snapshot").Order());
        Write(250);
        Assert.Equal(250, _files.Newest(0, 1000)?.Offset);
    }

    [Fact]
    public void Write_Many_KeepsTheNewestOfThoseTakenAtRollsAndOneWithinASegment()
    {
        for (var offset = 0; offset < 40; offset++)
        {
            if (offset % 2 == 0) File.WriteAllBytes(Path.ChangeExtension(PathOf(offset), ".log"), []);
            Write(offset);
        }

        Assert.Equal(
            [.. Enumerable.Range(12, 8).Select(number => PathOf(2 * number)), PathOf(39)],
            Directory.GetFiles(_folder.Path, "*.snapshot").Order());
    }

    [Fact]
    public void Write_AfterTheEnd_WritesNothing()
    {
        var era = _files.Era;
        _files.Close();
        _files.Write(Snapshot(300), era, durably: true);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    private void WriteAtRoll(long offset)
    {
        File.WriteAllBytes(Path.ChangeExtension(PathOf(offset), ".log"), []);
        Write(offset);
    }

    private void Write(long offset) => _files.Write(Snapshot(offset), _files.Era, durably: false);

    private string PathOf(long offset) => Path.Combine(_folder.Path, $"{offset:D20}.snapshot");

    private static ProducerSnapshot Snapshot(long offset, int producers = 1)
    {
        var states = new ProducerStates();
        for (var producer = 0; producer < producers; producer++)
            for (var batch = 0; batch <= producer * 3; batch++)
                states.Appended(new BatchSequence(producer, (short)producer, batch, batch), offset - 10 + batch, nowMs: 77 + producer);
        return new ProducerSnapshot(offset, LeaderEpoch: 5, states.ToArray());
    }

    private static string Told(ProducerMemory producer) =>
        $"{producer.ProducerId} {producer.Epoch} {producer.LastSeenMs} {string.Join(' ', producer.Batches.ToArray())}";
}
