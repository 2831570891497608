using Engine.Broker.Partitions;
using Engine.Core.Partitions;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Storage;

namespace Engine.Tests.Broker.Partitions;

/// <summary>Where an epoch ended decides what a follower keeps: a file that cannot be believed must not decide it.</summary>
public sealed class EpochFileTests : IDisposable
{
    private const int BatchesASegment = 8; // of some 120 bytes

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-").FullName;

    private string FilePath => Path.Combine(_folder, "leader-epoch-checkpoint");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var written = History((0, 0), (3, 500), (4, 500), (7, 1000));
        new EpochFile(_folder).Write(written);

        Assert.Equal(written.Starts, new EpochFile(_folder).Read()!.Starts);
    }

    [Fact]
    public void Read_CutShortAnywhere_TellsNothing()
    {
        new EpochFile(_folder).Write(History((0, 0), (3, 500), (7, 1000)));
        var whole = File.ReadAllBytes(FilePath);
        for (var bytes = 0; bytes < whole.Length; bytes++)
        {
            File.WriteAllBytes(FilePath, whole[..bytes]);

            Assert.Null(new EpochFile(_folder).Read());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1\n1\n0 0\n")]
    [InlineData("0\n2\n0 0\n")]
    [InlineData("0\n1\n0 0\n1 5\n")]
    [InlineData("0\n2\n0 0\nx 5\n")]
    [InlineData("0\n2\n0 0\n1 -5\n")]
    [InlineData("0\n2\n0 0\n15\n")]
    [InlineData("0\n2\n3 0\n2 5\n")]
    [InlineData("0\n2\n0 10\n1 5\n")]
    [InlineData("\0\0\0\0\0\0\0\n")]
    public void Read_WhatCannotBe_TellsNothing(string text)
    {
        File.WriteAllText(FilePath, text);

        Assert.Null(new EpochFile(_folder).Read());
    }

    [Fact]
    public void Read_Garbage_TellsNothing()
    {
        var random = new Random(1);
        for (var i = 0; i < 200; i++)
        {
            var bytes = new byte[random.Next(1, 100)];
            random.NextBytes(bytes);
            File.WriteAllBytes(FilePath, bytes);

            Assert.Null(new EpochFile(_folder).Read());
        }
    }

    [Fact]
    public void Learn_FileThatTellsNothing_FindsEveryEpochInTheBatches()
    {
        using var scratch = new ScratchLog(new Engine.Storage.LogOptions { SegmentBytes = 1024 });
        var producers = new PartitionProducers(scratch.Log, TimeSpan.FromDays(1));
        var told = new EpochHistory();
        // Epochs that begin, and end, in segments long closed, behind which there are snapshots of the producers.
        for (var i = 0; i < 12 * BatchesASegment; i++)
        {
            var epoch = i / 10;
            var batch = new RecordBatch(new string('x', 50)) { ProducerId = 7, ProducerEpoch = 0, BaseSequence = i }.ToBytes();
            BatchHeader.Assign(batch, i, epoch);
            scratch.Log.Append(batch);
            producers.Appended(new BatchHeader(batch));
            told.Assign(epoch, i);
        }

        var learned = new EpochHistory();
        new PartitionProducers(scratch.Log, TimeSpan.FromDays(1)).Learn(learned, allEpochs: true);

        Assert.True(scratch.Files("*.log").Length > 5);
        Assert.Equal(told.Starts, learned.Starts);
    }

    private static EpochHistory History(params (int Epoch, long Start)[] starts)
    {
        var history = new EpochHistory();
        foreach (var (epoch, start) in starts) history.Assign(epoch, start);
        return history;
    }
}
