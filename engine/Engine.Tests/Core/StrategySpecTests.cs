using Engine.Core.Strategies;

namespace Engine.Tests.Core;

public sealed class StrategySpecTests
{
    [Theory]
    [InlineData("group-commit", "group-commit(maxDelay=2ms, maxBytes=1MiB)")]
    [InlineData("group-commit(5ms)", "group-commit(maxDelay=5ms, maxBytes=1MiB)")]
    [InlineData("group-commit( maxBytes=64KiB , maxDelay=1500us )", "group-commit(maxDelay=1500us, maxBytes=64KiB)")]
    public void Resolved_AnyWayOfWriting_NamesEveryParameter(string text, string resolved)
    {
        var spec = StrategySpec.Parse(text);
        spec.Duration("maxDelay", TimeSpan.FromMilliseconds(2));
        spec.Bytes("maxBytes", 1 << 20);

        Assert.Equal(resolved, spec.Resolved());
    }

    [Theory]
    [InlineData("x(maxDelay=2)", "2")]
    [InlineData("x(maxDelay=fast)", "fast")]
    [InlineData("x(other=1ms)", "other")]
    [InlineData("x(maxDelay=1ms, maxDelay=2ms)", "maxDelay")]
    [InlineData("x(", "parenthesis")]
    [InlineData("", "strategy")]
    public void Spec_Wrong_SaysWhat(string text, string said)
    {
        var error = Assert.Throws<StrategyException>(() =>
        {
            var spec = StrategySpec.Parse(text);
            spec.Duration("maxDelay", TimeSpan.FromMilliseconds(2));
            spec.Resolved();
        });
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Catalog_UnknownName_ListsWhatThereIs()
    {
        var catalog = new StrategyCatalog<string>("read", new("sendfile", "", _ => "s"), new("mapped", "", _ => "m"));
        var error = Assert.Throws<StrategyException>(() => catalog.Create("splice"));
        Assert.Contains("sendfile, mapped", error.Message, StringComparison.Ordinal);
    }
}
