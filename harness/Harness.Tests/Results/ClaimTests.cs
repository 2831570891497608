using Harness.Results;

namespace Harness.Tests.Results;

public sealed class ClaimTests
{
    private static readonly Claim Claim = new(7, "It is always good", "somebody");

    [Theory]
    [InlineData("stands on this machine", CheckVerdict.Met, CheckVerdict.Met)]
    [InlineData("refuted on this machine", CheckVerdict.Met, CheckVerdict.FellShort)]
    [InlineData("refuted on this machine", CheckVerdict.NotMeasured, CheckVerdict.FellShort)]
    [InlineData("not decided", CheckVerdict.Met, CheckVerdict.NotMeasured)]
    [InlineData("not decided")]
    public void VerdictBy_ItsOwnChecksOnly(string verdict, params CheckVerdict[] own)
    {
        // What decides other claims, or none, says nothing of this one.
        CheckOutcome[] others = [new("other", CheckVerdict.FellShort, 1, "") { Claim = 8 }, new("plain", CheckVerdict.FellShort, 1, "")];

        Assert.Equal(verdict, Claim.VerdictBy([.. others, .. own.Select(met => new CheckOutcome("own", met, 1, "") { Claim = 7 })]));
    }
}
