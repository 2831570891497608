using System.Runtime.Versioning;
using Harness.Load;
using Harness.Plans;
using Harness.Systems.Kafka;
using Harness.Tests.Plans;

namespace Harness.Tests.Systems.Kafka;

/// <summary>What Kafka's tools are asked to do for a plan, told without them: a folder that looks like a distribution.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KafkaToolsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-kafka-tools-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ProducerCommand_OfAPlan_IsTheSameLoad()
    {
        var load = new ProduceLoad
        {
            Send = new ProduceSpec { RecordsPerSecond = 20_000, RecordSize = "1KiB", Linger = TimeSpan.FromMilliseconds(20), BatchBytes = 65_536, MaxInFlight = 3 },
        };

        var command = Tools().ProducerCommand(JobOf(load), "1", "/logs");

        Assert.Equal(("kafka-producer-perf-test.sh", "/logs/kafka-producer-perf-test.log"), (command.Name, command.LogFile));
        Assert.Equal("taskset -c 1", string.Join(' ', command.Launcher));
        Assert.Equal("-Xmx512M", command.Environment["KAFKA_HEAP_OPTS"]);
        Assert.EndsWith(
            $"{_folder}/bin/kafka-producer-perf-test.sh --bootstrap-server 127.0.0.1:1,127.0.0.1:2 --topic load --num-records 300000 --record-size 1024 " +
            "--throughput 20000 --reporting-interval 100 --warmup-records 100000 --command-property client.id=testbed-load acks=all linger.ms=20 " +
            "batch.size=65536 max.in.flight.requests.per.connection=3 enable.idempotence=true request.timeout.ms=30000 delivery.timeout.ms=120000 retry.backoff.ms=100",
            string.Join(' ', command.Arguments), StringComparison.Ordinal);
    }

    [Fact]
    public void ConsumerCommand_OfAPlan_ReadsAllThatWasAcknowledged()
    {
        var command = Tools().ConsumerCommand(JobOf(new ProduceLoad { Check = new ConsumeSpec { PartitionMaxBytes = 2 << 20 } }), records: 123, cpus: null, "/logs");

        Assert.Empty(command.Launcher);
        Assert.EndsWith(
            $"{_folder}/bin/kafka-consumer-perf-test.sh --bootstrap-server 127.0.0.1:1,127.0.0.1:2 --topic load --num-records 123 --fetch-size 2097152 --timeout 70000 --hide-header",
            string.Join(' ', command.Arguments), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsMissing_NoDistribution_IsOneLineThatSaysWhatToDo() => Assert.Equal(
        "kafka-tools are not here: KAFKA_HOME is not set: unpack Apache Kafka 4 and name its folder with that variable.", new KafkaTools(_ => null).WhatIsMissing());

    [Fact]
    public void WhatIsMissing_DistributionWithoutTheTools_NamesThem()
    {
        var tools = Tools();
        File.Delete(Path.Combine(_folder, "bin", "kafka-consumer-perf-test.sh"));

        Assert.Equal(
            $"kafka-tools are not here: KAFKA_HOME={_folder} has no bin/kafka-producer-perf-test.sh and bin/kafka-consumer-perf-test.sh.", tools.WhatIsMissing());
    }

    [Theory]
    [InlineData("load.recordsPerSecond=unlimited", "the tool sends a number of records at an even rate")]
    [InlineData("load.arrivals=poisson", "the tool sends a number of records at an even rate")]
    [InlineData("load.recordSize=uniform(64B, 1KiB)", "all of the tool's records have one size")]
    [InlineData("load.keys=uniform(100)", "the tool's records have no keys")]
    [InlineData("load.connections=2", "the tool is one producer")]
    [InlineData("load.templateMode=true", "the tool encodes every record")]
    [InlineData("load.linger=1500us", "Kafka's clients count whole milliseconds")]
    [InlineData("load.acks=1", "load.idempotent=false")]
    [InlineData("load.maxInFlight=6", "load.idempotent=false")]
    [InlineData("load.history=true", "the tool records no history")]
    [InlineData("load.check=during", "what the tool sent is read back once, afterwards")]
    public async Task Prepare_LoadThatTheToolsCannotMake_IsRefused(string setting, string problem)
    {
        var plan = TestPlans.Of(TestPlans.Produce with { Vary = [] });

        var refused = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(plan, 7, "load.generator=kafka-tools", setting));

        Assert.StartsWith("load.generator=kafka-tools: ", refused.Message);
        Assert.Contains(problem, refused.Message);
    }

    [Fact]
    public async Task Prepare_AnotherGenerator_SaysWhichThereAre()
    {
        var refused = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), 7, "load.generator=kafka"));

        Assert.Equal("load.generator=kafka: write testbed or kafka-tools.", refused.Message);
    }

    private static LoadSpec JobOf(ProduceLoad load) =>
        load.Job(["127.0.0.1:1", "127.0.0.1:2"], "load", new Schedule(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), 1), seed: 1);

    private KafkaTools Tools()
    {
        Make("libs/kafka-clients-4.3.1.jar");
        foreach (var script in new[] { "server-start", "storage", "producer-perf-test", "consumer-perf-test" }) Make($"bin/kafka-{script}.sh");
        var java = Make("jdk/bin/java", "#!/bin/sh\necho 'openjdk version \"17.0.15\" 2025-04-15' >&2\n");
        File.SetUnixFileMode(java, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new KafkaTools(name => name switch { "KAFKA_HOME" => _folder, "JAVA_HOME" => Path.Combine(_folder, "jdk"), _ => null });
    }

    private string Make(string name, string text = "")
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }
}
