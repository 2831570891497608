using System.Text.Json;
using Harness.Load;

namespace Harness.Tests.Load;

public sealed class LoadJsonTests
{
    [Fact]
    public void Spec_ThroughJson_IsTheSameOnOneReadableLine()
    {
        var spec = new LoadSpec
        {
            Bootstrap = ["127.0.0.1:9092", "127.0.0.1:9093"],
            Topic = "t",
            Produce = new() { Arrival = Arrival.OpenPoisson, RecordsPerSecond = 1e6, Linger = TimeSpan.FromMilliseconds(2.5), MaxBytes = 1 << 30 },
            Consume = new() { When = ConsumeWhen.During, Reading = Reading.Discard, FetchMaxBytes = 1 << 20 },
        };
        var json = LoadJson.Write(spec);

        Assert.DoesNotContain('\n', json);
        Assert.Contains("\"arrival\":\"open-poisson\"", json, StringComparison.Ordinal);
        Assert.Contains("\"linger\":\"2500us\"", json, StringComparison.Ordinal);
        Assert.Contains("\"batchBytes\":\"128KiB\"", json, StringComparison.Ordinal);
        Assert.Contains("\"maxBytes\":\"1GiB\"", json, StringComparison.Ordinal);
        Assert.Contains("\"when\":\"during\"", json, StringComparison.Ordinal);

        var back = LoadJson.ReadSpec(json);
        Assert.Equal(spec.Produce, back.Produce);
        Assert.Equal(spec.Consume, back.Consume);
        Assert.Equal(spec.Bootstrap, back.Bootstrap);
        Assert.Equal(spec.Duration, back.Duration);
    }

    [Fact]
    public void Spec_LeftOut_TakesTheDefaults()
    {
        var spec = LoadJson.ReadSpec("""{"bootstrap":["a:1"],"topic":"t","produce":{}}""");
        Assert.Equal(new ProduceSpec(), spec.Produce);
        Assert.Null(spec.Consume);
    }

    [Theory]
    [InlineData("""{"bootstrap":["a:1"],"topic":"t","produce":{"lingre":"5ms"}}""")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"t","produce":{"linger":5}}""")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"t","produce":{"linger":"5"}}""")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"t","produce":{"arrival":"sometimes"}}""")]
    [InlineData("""{"bootstrap":["a:1"]}""")]
    [InlineData("null")]
    [InlineData("")]
    public void Spec_Wrong_IsRefused(string json) =>
        Assert.Throws<JsonException>(() => LoadJson.ReadSpec(json));

    [Fact]
    public void Line_OfEachKind_ComesBackAsItWas()
    {
        var moment = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        LoadLine[] lines =
        [
            new PhaseLine("measure", PhaseEdge.Start, moment, 123_456_789_012_345),
            new SecondLine(new LoadSecond { Second = 7, Measured = true, AckedRecords = 1_000_000, P99 = TimeSpan.FromTicks(12_345) }),
        ];
        foreach (var line in lines) Assert.Equal(line, LoadJson.ReadLine(LoadJson.Write(line)));

        Assert.StartsWith("{\"kind\":\"phase\"", LoadJson.Write(lines[0]), StringComparison.Ordinal);
        var refusal = Assert.IsType<RefusalLine>(LoadJson.ReadLine(LoadJson.Write(new RefusalLine(["no such topic"]))));
        Assert.Equal(["no such topic"], refusal.Problems);
    }

    [Fact]
    public void Report_ThroughJson_KeepsItsHistogramsAndItsVerdict()
    {
        var latency = new Histogram();
        for (var i = 1; i < 5000; i++) latency.RecordNanoseconds(i * 7919L, i);
        var report = new LoadReport
        {
            Spec = new LoadSpec { Bootstrap = ["a:1"], Topic = "t" },
            Produce = new()
            {
                AckedRecordsPerSecond = 1, AckedBytesPerSecond = 2, SentRecords = 3, AckedRecords = 4, AckedBytes = 5, WireBytes = 6,
                Requests = 7, Batches = 8, Totals = new(1, 2, 3, 4, 5), Errors = new Dictionary<string, long> { ["NotEnoughReplicas"] = 9 },
                Latency = latency, ServiceTime = new(), SendLateness = new(), GeneratorLateness = new(),
            },
            Verification = new() { Sound = false, Against = "content", Lost = 2, Reasons = ["2 records were lost"] },
            Worker = new() { UserSeconds = 1, SystemSeconds = 2, Cores = 0.5, AllocatedBytes = 3, Collections = 4 },
        };
        var back = Assert.IsType<ReportLine>(LoadJson.ReadLine(LoadJson.Write((LoadLine)new ReportLine(report)))).Report;

        Assert.True(back.Failed);
        Assert.Equal(9, back.Produce!.Errors["NotEnoughReplicas"]);
        Assert.Equal(latency.ToSparse(), back.Produce.Latency.ToSparse());
        Assert.Equal(
            (latency.Count, latency.Min, latency.Max, latency.Mean, latency.Percentile(99)),
            (back.Produce.Latency.Count, back.Produce.Latency.Min, back.Produce.Latency.Max, back.Produce.Latency.Mean, back.Produce.Latency.Percentile(99)));
        Assert.Equal(0, back.Produce.ServiceTime.Count);
    }
}
