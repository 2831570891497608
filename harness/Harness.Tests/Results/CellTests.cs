using Harness.Results;

namespace Harness.Tests.Results;

public sealed class CellTests
{
    [Theory]
    [InlineData("sendfile", "sendfile", true)]
    [InlineData("group-commit", "group-commit(maxDelay=2ms, maxBytes=1MiB)", true)]
    [InlineData("group-commit(maxDelay=2ms)", "group-commit(maxDelay=2ms, maxBytes=1MiB)", true)]
    [InlineData("group-commit(maxBytes = 1MiB)", "group-commit(maxDelay=2ms, maxBytes=1MiB)", true)]
    [InlineData("group-commit(maxDelay=10ms)", "group-commit(maxDelay=2ms, maxBytes=1MiB)", false)]
    [InlineData("group", "group-commit(maxDelay=2ms, maxBytes=1MiB)", false)]
    [InlineData("100000", "1000000", false)]
    public void Selector_ShortText_MatchesWhatItDoesNotContradict(string wanted, string actual, bool matches) =>
        Assert.Equal(matches, CellSelector.Matches(wanted, actual));

    [Fact]
    public void Selector_AxisTheCellLacks_DoesNotMatch() =>
        Assert.False(CellSelector.Matches(new Dictionary<string, string> { ["flush"] = "os-cache" }, new Dictionary<string, string>()));

    [Fact]
    public void Label_OfACell_HasUnitsWhereTheAxisHasThem()
    {
        var plan = SyntheticCampaign.PlanOf("E01", "labels", 1, new AxisFacts("read", ["mapped"]), new AxisFacts("rate", ["1000000", "unlimited"], "records/s"), new AxisFacts("consumers", ["4"], ""));

        Assert.Equal(["mapped · 1M records/s · consumers 4", "mapped · unlimited · consumers 4"], plan.Cells.Select(cell => plan.LabelOf(cell.Values)));
    }

    [Fact]
    public void Label_OfAValueWithAName_IsTheName()
    {
        var link = new AxisFacts("link", ["delay(all, at=0s, for=1h, by=1ms)", "none"]) { Labels = new Dictionary<string, string> { ["delay(all, at=0s, for=1h, by=1ms)"] = "1 ms each way" } };
        var plan = SyntheticCampaign.PlanOf("E01", "labels", 1, link);

        Assert.Equal(["1 ms each way", "none"], plan.Cells.Select(cell => plan.LabelOf(cell.Values)));
    }

    [Fact]
    public void Id_OfLongStrategyNames_IsAFileNameAndUnique()
    {
        var values = new Dictionary<string, string> { ["flush"] = "group-commit(maxDelay=2ms, maxBytes=1MiB)", ["read"] = "../positioned(bufferBytes=256KiB)" };

        var first = CellFacts.Of(1, values);
        var second = CellFacts.Of(2, values);

        Assert.Matches("^c01-[a-z0-9.-]+$", first.Id);
        Assert.InRange(first.Id.Length, 1, 60);
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal("group-commit(maxDelay=2ms, maxBytes=1MiB) · ../positioned(bufferBytes=256KiB)", first.Label);
    }
}
