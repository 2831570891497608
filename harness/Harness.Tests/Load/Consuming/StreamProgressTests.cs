using Harness.Load.Consuming;
using Harness.Load.Content;
using Harness.Load.Producing;
using Harness.Load.Sent;

namespace Harness.Tests.Load.Consuming;

public sealed class StreamProgressTests
{
    private readonly SentStream _stream = new(
        0, 0, new RecordContent(ValueSource.Parse("10B", 1, 100), null, 1, 1).Stream(0, 0), template: false, withJournal: false);

    [Fact]
    public void Sequence_BeyondItsRange_StartsOverAndIsUnderstood()
    {
        var identity = new ProducerIdentity(7, 0);
        const long zero = 1000; // the first record under this id
        long[] firsts = [zero, zero + int.MaxValue, zero + int.MaxValue + 1L, zero + 3_000_000_000, zero + 4_000_000_000];
        Assert.Equal([0, int.MaxValue, 0, 852_516_352, 1_852_516_352], firsts.Select(first => identity.Sequence(first - zero)));

        var progress = new StreamProgress(_stream);
        _stream.Sent = long.MaxValue;
        foreach (var first in firsts)
        {
            Assert.Equal(first, zero + progress.Unwrap(identity.Sequence(first - zero), zero));
            progress.Saw(first, 10, new Findings(), "");
        }
    }

    [Fact]
    public void Sequence_OfAProducerThatIsNotIdempotent_IsNone() => Assert.Equal(-1, ProducerIdentity.None.Sequence(5));

    [Fact]
    public void Conclude_TellsLostFromNeverAcknowledged()
    {
        _stream.Sent = 100;
        _stream.Acked.Add(0, 40);
        _stream.Acked.Add(60, 100);
        var findings = new Findings();
        var progress = new StreamProgress(_stream);
        progress.Saw(0, 30, findings, "here"); // 30..39 acknowledged and gone, 40..49 refused and gone, 50..59 refused and there
        progress.Saw(50, 50, findings, "here");
        progress.Conclude(findings);
        Assert.Equal((10, 10, 0, 0), (findings.Lost, findings.UnackedRead, findings.Duplicated, findings.Reordered));
    }

    [Fact]
    public void Saw_HalfNewHalfKnown_CountsEachPartAsWhatItIs()
    {
        _stream.Sent = 100;
        var findings = new Findings();
        var progress = new StreamProgress(_stream);
        progress.Saw(0, 10, findings, "here");
        progress.Saw(20, 10, findings, "here"); // skips 10..19
        progress.Saw(5, 10, findings, "here"); // 5..9 again, 10..14 late
        progress.Saw(25, 10, findings, "here"); // 25..29 again, 30..34 new
        progress.Saw(95, 10, findings, "here"); // 95..99 new, 100..104 never sent
        Assert.Equal((10, 5, 5), (findings.Duplicated, findings.Reordered, findings.Unexpected));
    }
}
