using Harness.Results;

namespace Harness.Tests.Results;

public sealed class FaultRecordTests
{
    private const double Measured = 4;

    [Theory]
    [InlineData(0.01, 4.02, true)]  // Put right when the run ended.
    [InlineData(0.01, null, true)]
    [InlineData(0.01, 3.5, false)]  // Its end is something to see,
    [InlineData(1.0, 4.02, false)]  // and so is its begin.
    [InlineData(1.0, null, false)]
    public void StandsThroughout_IsFromTheBeginToTheEnd(double began, double? healed, bool stands) =>
        Assert.Equal(stands, new FaultRecord { Fault = "delay(all)", Nodes = "1 2 3", BeganSecond = began, HealedSecond = healed }.StandsThroughout(Measured));
}
