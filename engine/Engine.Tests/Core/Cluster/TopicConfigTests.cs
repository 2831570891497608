using Engine.Core.Cluster;

namespace Engine.Tests.Core.Cluster;

public sealed class TopicConfigTests
{
    [Fact]
    public void With_Settings_ChangesThemAndKeepsTheDefaults()
    {
        var defaults = new TopicConfig { RetentionMs = 5000 };
        var config = defaults.With(new Dictionary<string, string> { ["segment.bytes"] = "65536", ["retention.bytes"] = "-1", ["cleanup.policy"] = "delete" });

        Assert.Equal(defaults with { SegmentBytes = 65536 }, config);
        Assert.Equal(256 * 1024 * 1024, defaults.SegmentBytes);
    }

    [Fact]
    public void Keys_TextOfEachDefault_IsAllowedAndChangesNothing() => Assert.All(TopicConfigKey.All, key =>
    {
        var config = new TopicConfig();
        Assert.Null(TopicConfig.Problem(key.Name, key.Get(config)));
        Assert.Equal(config, key.Set(config, key.Get(config)));
    });

    [Fact]
    public void Keys_EachNumber_IsReadBackAsSet() => Assert.All(
        TopicConfigKey.All.Where(key => key.Kind is ConfigKind.Number32 or ConfigKind.Number64),
        key => Assert.Equal("54321", key.Get(key.Set(new TopicConfig(), "54321")!)));

    [Theory]
    [InlineData("delete", true, false)]
    [InlineData("compact", false, true)]
    [InlineData("compact,delete", true, true)]
    [InlineData("delete,compact", true, true)]
    public void CleanupPolicy_AnyAllowed_SaysWhetherItDeletesAndCompacts(string policy, bool deletes, bool compacts)
    {
        var config = new TopicConfig().With([new("cleanup.policy", policy), new("min.cleanable.dirty.ratio", "0.25")]);

        Assert.Equal((deletes, compacts, 0.25), (config.IsDeleted, config.IsCompacted, config.MinCleanableDirtyRatio));
        Assert.Equal(policy, TopicConfigKey.Find("cleanup.policy")!.Get(config));
    }

    [Theory]
    [InlineData("segment.bytes", "0")]
    [InlineData("segment.bytes", "2147483648")]
    [InlineData("segment.bytes", "64KiB")]
    [InlineData("segment.ms", "0")]
    [InlineData("retention.ms", "-2")]
    [InlineData("retention.bytes", "")]
    [InlineData("min.insync.replicas", "0")]
    [InlineData("max.message.bytes", "-1")]
    [InlineData("cleanup.policy", "shrink")]
    [InlineData("cleanup.policy", "compact,compact")]
    [InlineData("min.cleanable.dirty.ratio", "1.5")]
    [InlineData("min.cleanable.dirty.ratio", "half")]
    [InlineData("delete.retention.ms", "-1")]
    [InlineData("compression.type", "zstd")]
    [InlineData("message.timestamp.type", "LogAppendTime")]
    [InlineData("retention.ms", null)]
    public void Problem_BadValue_SaysWhatIsAllowed(string key, string? value)
    {
        Assert.Contains(TopicConfigKey.Find(key)!.Allowed, TopicConfig.Problem(key, value), StringComparison.Ordinal);
        if (value is not null)
            Assert.Throws<ArgumentException>(() => new TopicConfig().With([new(key, value)]));
    }

    [Fact]
    public void Problem_UnknownKey_ListsAllKeys()
    {
        var problem = TopicConfig.Problem("flush.ms", "1");
        Assert.All(TopicConfigKey.All, key => Assert.Contains(key.Name, problem, StringComparison.Ordinal));
    }
}
