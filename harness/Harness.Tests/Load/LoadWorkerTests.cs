using System.Collections.Concurrent;
using System.Globalization;
using Harness.Load;

namespace Harness.Tests.Load;

public sealed class LoadWorkerTests
{
    [Fact]
    public void Run_FromSpecToReport_PrintsOneLineOfJsonEach()
    {
        using var broker = new FakeBroker();
        using var input = new Input(Spec(broker, "300ms"));
        var (code, lines) = Run(input);

        Assert.Equal(LoadWorker.Succeeded, code);
        Assert.All(lines[..^1], line => Assert.True(line is PhaseLine or SecondLine));
        var report = Assert.IsType<ReportLine>(lines[^1]).Report;
        Assert.False(report.Failed, string.Join("; ", report.Problems));
        Assert.Equal(300, report.Produce!.Totals.Acked);
        Assert.True(report.Worker.Cores > 0);
    }

    [Fact]
    public void Stop_OnInput_EndsTheRunSoonAndMarksIt()
    {
        using var broker = new FakeBroker();
        using var input = new Input(Spec(broker, "60s"));
        var ending = new Thread(() =>
        {
            while (broker.ProduceRequests < 3) Thread.Sleep(5);
            input.Add("stop");
        });
        ending.Start();
        var (code, lines) = Run(input);

        Assert.Equal(LoadWorker.Failed, code);
        var report = Assert.IsType<ReportLine>(lines[^1]).Report;
        Assert.Contains("stopped before its end", report.Problems);
        Assert.Null(report.Verification);
        Assert.True(report.Produce!.Totals.Acked < 60_000);
    }

    [Fact]
    public void EndOfInput_EndsTheRun()
    {
        using var broker = new FakeBroker();
        using var input = new StringReader(Spec(broker, "60s"));
        Assert.Equal(LoadWorker.Failed, Run(input).Code);
    }

    [Theory]
    [InlineData("no json", "cannot be read")]
    [InlineData("""{"bootstrap":["127.0.0.1:1"],"topic":"load"}""", "nothing to do")]
    [InlineData("""{"bootstrap":["here"],"topic":"load","produce":{}}""", "host:port")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"load","produce":{"acks":2}}""", "acks")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"load","produce":{"recordSize":"1MiB"}}""", "room")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"load","produce":{"maxInFlight":6},"retries":1}""", "maxInFlight")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"load","produce":{},"retries":-1}""", "retries")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"load","produce":{},"historyFile":"h"}""", "historyFile")]
    [InlineData("""{"bootstrap":["a:1"],"topic":"load","produce":{},"consume":{"when":"only"}}""", "only")]
    [InlineData("""{"bootstrap":["127.0.0.1:1"],"topic":"load","produce":{}}""", "no broker answers")]
    public void WrongSpec_IsRefusedWithTheReason(string spec, string reason)
    {
        using var input = new Input(spec);
        var (code, lines) = Run(input);
        Assert.Equal(LoadWorker.Refused, code);
        Assert.Contains(reason, string.Join("; ", Assert.IsType<RefusalLine>(Assert.Single(lines)).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void WrongSpec_ForThisTopic_IsRefusedWithTheReason()
    {
        using var broker = new FakeBroker(partitions: 2);
        foreach (var (produce, reason) in new[]
        {
            ("""{"idempotent":false,"connections":3}""", "need as many partitions"),
            ("""{"idempotent":false,"connections":2,"keys":"uniform(9)"}""", "nothing tells whose"),
            ("""{"keys":"sometimes"}""", "sometimes"),
        })
        {
            using var input = new Input($$"""{"topic":"load","produce":{{produce}},"bootstrap":["{{broker.Address}}"]}""");
            Assert.Contains(reason, Assert.IsType<RefusalLine>(Assert.Single(Run(input).Lines)).Problems.Single(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void UnknownTopic_IsRefused()
    {
        using var broker = new FakeBroker();
        using var input = new Input($$"""{"produce":{},"topic":"other","bootstrap":["{{broker.Address}}"]}""");
        Assert.Contains("UnknownTopicOrPartition", Assert.IsType<RefusalLine>(Assert.Single(Run(input).Lines)).Problems.Single(), StringComparison.Ordinal);
    }

    private static string Spec(FakeBroker broker, string duration) =>
        $$"""{"bootstrap":["{{broker.Address}}"],"topic":"load","produce":{"recordsPerSecond":1000},"consume":{},"warmup":"0us","duration":"{{duration}}"}""";

    private static (int Code, List<LoadLine> Lines) Run(TextReader input)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var code = LoadWorker.Run(input, output, CancellationToken.None);
        return (code, [.. output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(LoadJson.ReadLine)]);
    }

    /// <summary>Standard input of a process whose parent lives: it does not end.</summary>
    private sealed class Input : TextReader
    {
        private readonly BlockingCollection<string> _lines = [];

        public Input(string first) => Add(first);

        public void Add(string line) => _lines.Add(line);

        public override string? ReadLine() => _lines.TryTake(out var line, Timeout.Infinite) ? line : null;
    }
}
