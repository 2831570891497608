using Harness.Load;
using Harness.Plans;

namespace Harness.Tests.Plans;

public sealed class DiskBudgetTests
{
    private static readonly Dictionary<string, string> SmallSegments = new() { ["segment.bytes"] = "1MiB" };

    [Fact]
    public void OpenLoop_RateTimesSizeTimesCopiesTimesTime_PlusASegmentEach()
    {
        // 1,000,000/s x (100 + 12) B x 3 copies x (10 + 60) s
        var budget = DiskBudget.Of(Plan(new ProduceSpec { RecordsPerSecond = 1e6, RecordSize = "100B" }), SmallSegments);

        Assert.Equal(1_000_000L * 112 * 3 * 70 + 3 * (1 << 20), budget.Bytes);
    }

    [Theory]
    [InlineData("pagecache(preallocate=64KiB, dropBehind=0B)", 64 << 10)]
    [InlineData("pagecache(dropBehind=0B, preallocate=4MiB)", 1 << 20)]
    [InlineData("mapped(window=64KiB)", 1 << 20)]
    public void OpenLoop_AllocatesAheadWhatTheWritePathSays_ASegmentAtMost(string write, long ahead)
    {
        var plan = Plan(new ProduceSpec { RecordsPerSecond = 1e6, RecordSize = "100B" });

        var budget = DiskBudget.Of(plan, new Dictionary<string, string>(SmallSegments) { ["write"] = write });

        Assert.Equal(1_000_000L * 112 * 3 * 70 + 3 * ahead, budget.Bytes);
    }

    [Fact]
    public void OpenLoop_WithRetention_IsBoundedByIt()
    {
        var settings = new Dictionary<string, string> { ["segment.bytes"] = "1048576", ["retention.bytes"] = "10485760" };

        var budget = DiskBudget.Of(Plan(new ProduceSpec { RecordsPerSecond = 1e6, RecordSize = "100B" }), settings);

        Assert.Equal(3 * (10485760L + 1048576) + 3 * 1048576, budget.Bytes);
    }

    [Fact]
    public void OpenLoop_RetentionThatKeepsAll_BoundsNothing()
    {
        var settings = new Dictionary<string, string> { ["segment.bytes"] = "1048576", ["retention.bytes"] = "-1" };

        Assert.Equal(DiskBudget.Of(Plan(new ProduceSpec()), SmallSegments), DiskBudget.Of(Plan(new ProduceSpec()), settings));
    }

    [Fact]
    public void ClosedLoop_AnyRecordSize_TakesWhatTheDiskMayTake()
    {
        var budget = DiskBudget.Of(Plan(new ProduceSpec { Arrival = Arrival.Closed }), SmallSegments);

        Assert.Equal(DiskBudget.ClosedLoopBytesPerSecond * 70 + 3 * (1 << 20), budget.Bytes);
    }

    [Fact]
    public void ReadLoad_TakesWhatItIsFilledWith()
    {
        var plan = Plan(new ProduceSpec()) with { Load = new ReadLoad { FillBytes = 1_000_000_000, Send = new ProduceSpec { RecordSize = "1000B" } }, Cluster = new() { Nodes = 1, Replication = 1 } };

        Assert.InRange(DiskBudget.Of(plan, SmallSegments).Bytes, 1_012_000_000 + (1 << 20) - 10, 1_012_000_000 + (1 << 20) + 10);
    }

    [Fact]
    public void Problem_MoreThanIsFree_GivesTheNumbersAndTheWaysOut()
    {
        var budget = DiskBudget.Of(Plan(new ProduceSpec { RecordsPerSecond = 1e6, RecordSize = "100B" }), SmallSegments);

        var problem = budget.Problem("c01", "/data", freeBytes: 20_000_000_000);

        Assert.NotNull(problem);
        Assert.All(["c01", "23.5 GB", "20.0 GB", "1,000,000 records/s x 112 B x 3 copies x 70s", "/data", "--data"], part => Assert.Contains(part, problem));
        Assert.Null(budget.Problem("c01", "/data", freeBytes: 25_000_000_000));
    }

    private static Plan Plan(ProduceSpec send) => new()
    {
        Load = new ProduceLoad { Send = send },
        Schedule = new Schedule(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(60), 1),
    };
}
