using Harness.Plans;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Tests.Systems.Kafka;

public sealed class KafkaSettingsTests
{
    private static readonly NodePlace Place = new(2, 19092, "/data/node-2", "/data/cluster", "/logs/node-2.log")
    {
        Quorum = new Quorum("TestClusterIdTestClust", 19093, ["1@127.0.0.1:18093", "2@127.0.0.1:19093", "3@127.0.0.1:20093"]),
    };

    [Fact]
    public void Text_OfAPlan_IsTheWholeFile()
    {
        var plan = new ClusterPlan { System = "kafka", Nodes = 3, MinInSync = 2 }.WithStrategy("flush", "interval(interval=2s)").WithSetting("segment.bytes", "1048576");

        var text = KafkaProperties.Text(KafkaProperties.Of(plan, Place, KafkaSettings.Of(plan, [])));

        Assert.Equal(
            """
            process.roles=broker,controller
            node.id=2
            controller.quorum.voters=1@127.0.0.1:18093,2@127.0.0.1:19093,3@127.0.0.1:20093
            listeners=PLAINTEXT://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093
            advertised.listeners=PLAINTEXT://127.0.0.1:19092
            controller.listener.names=CONTROLLER
            inter.broker.listener.name=PLAINTEXT
            log.dirs=/data/node-2
            min.insync.replicas=2
            offsets.topic.replication.factor=3
            transaction.state.log.replication.factor=3
            transaction.state.log.min.isr=2
            share.coordinator.state.topic.replication.factor=3
            share.coordinator.state.topic.min.isr=2
            log.flush.interval.ms=2000
            log.flush.scheduler.interval.ms=2000
            log.segment.bytes=1048576

            """, text);
    }

    [Fact]
    public void Text_ValueWithABackslash_IsEscapedAsJavaReadsIt() =>
        Assert.Equal("log.dirs=C:\\\\data\n", KafkaProperties.Text([new("log.dirs", "C:\\data")]));

    [Fact]
    public void Of_SettingThatKafkaCallsTheSame_IsPassedOn() =>
        Assert.Equal("4", Of(new ClusterPlan().WithSetting("num.io.threads", "4"))["num.io.threads"]);

    [Theory]
    [InlineData("os-cache", "os-cache")]
    [InlineData("every-batch", "every-batch")]
    [InlineData("interval(interval=2s)", "interval(interval=2s)")]
    [InlineData("interval", "interval(interval=100ms)")]
    public void FlushOf_WhatAStrategyBecame_IsThatStrategyAgain(string asked, string told) =>
        Assert.Equal(told, KafkaSettings.FlushOf(Of(new ClusterPlan().WithStrategy("flush", asked))));

    [Fact]
    public void FlushOf_KafkasOwnSettings_SaysHowManyMessages() =>
        Assert.Equal("every-n(messages=500)", KafkaSettings.FlushOf(Of(new ClusterPlan().WithSetting("flush.messages", "500"))));

    [Fact]
    public void FlushOf_FlushMs_AlsoSetsHowOftenKafkaLooks() =>
        Assert.Equal("interval(interval=50ms)", KafkaSettings.FlushOf(Of(new ClusterPlan().WithSetting("flush.ms", "50"))));

    [Theory]
    [InlineData("read", "positioned", "Kafka always works as read=sendfile")]
    [InlineData("write", "pagecache(dropBehind=64MiB)", "Kafka always works as write=pagecache")]
    [InlineData("network", "epoll", "Kafka has no choice of network")]
    [InlineData("flush", "group-commit(maxDelay=2ms)", "choose os-cache, every-batch or interval")]
    [InlineData("flush", "interval(interval=2s, oops=1)", "oops")]
    public void Of_StrategyWithoutEquivalent_IsRefusedWithWhatIsAllowed(string seam, string text, string reason) =>
        Assert.Contains(reason, Assert.Single(Problems(new ClusterPlan { System = "kafka" }.WithStrategy(seam, text))));

    [Theory]
    [InlineData("read", "sendfile")]
    [InlineData("write", "pagecache")]
    [InlineData("check", "records")]
    public void Of_WhatKafkaDoesAnyway_IsTaken(string seam, string text) => Assert.Empty(Problems(new ClusterPlan().WithStrategy(seam, text)));

    [Theory]
    [InlineData("listeners")]
    [InlineData("min.insync.replicas")]
    public void Of_SettingOfTheHarness_IsRefused(string name) => Assert.Contains(name, Assert.Single(Problems(new ClusterPlan().WithSetting(name, "1"))));

    [Fact]
    public void Of_FlushNamedTwice_IsRefused() =>
        Assert.Single(Problems(new ClusterPlan().WithStrategy("flush", "every-batch").WithSetting("flush.messages", "7")));

    [Fact]
    public void FlagsOf_CommandLineOfJava_AreWhatStandsBeforeTheClassPath() =>
        Assert.Equal("-Xmx1G -Xms1G", KafkaReadback.FlagsOf(["/usr/bin/java", "-Xmx1G", "-Xms1G", "-cp", "libs/*", "kafka.Kafka", "-x"]));

    private static Dictionary<string, string> Of(ClusterPlan plan)
    {
        var problems = new List<string>();
        var settings = KafkaSettings.Of(plan, problems);
        Assert.Empty(problems);
        return settings;
    }

    private static List<string> Problems(ClusterPlan plan)
    {
        var problems = new List<string>();
        KafkaSettings.Of(plan, problems);
        return problems;
    }
}
