using System.Diagnostics;
using Harness.Measures;
using Harness.Results;
using Harness.Runs.Limits;
using Harness.Tests.Results;

namespace Harness.Tests.Runs.Limits;

/// <summary>Runs that ran out of one thing, told from figures alone.</summary>
public sealed class LimitJudgeTests
{
    /// <summary>A closed loop on four cores that used up nothing.</summary>
    private static readonly LimitFacts Idle = new()
    {
        Seconds = 10,
        Cores = 4,
        AchievedPerSecond = 500_000,
        BusyCores = 1.2,
        Roles = [new(ProcessRole.Leader, 0.5, "log writer", 0.3), new(ProcessRole.Followers, 0.4), new(ProcessRole.Generator, 0.2, "producer 0", 0.15)],
        DiskBusyShare = 0.2,
        DiskBytesPerSecond = 30e6,
        DirtyShare = 0.3,
    };

    [Fact]
    public void Judge_OfferedRateIsTaken_NothingIsTheLimit()
    {
        var limit = LimitJudge.Judge(Idle with { OfferedPerSecond = 500_000 });

        Assert.Equal((LimitJudge.None, ""), (limit.Name, limit.Warning));
        Assert.Equal("all of 500,000 records/s was taken; 1.20 of 4 cores busy (leader 0.50, followers 0.40, generator 0.20), "
            + "busiest thread 'log writer' of the leader at 30 %, disk busy 20 %", limit.Evidence);
    }

    [Fact]
    public void Judge_NothingIsUsedUp_ItWaitedForAnswers()
    {
        var limit = LimitJudge.Judge(Idle);

        Assert.Equal(LimitJudge.Answers, limit.Name);
        Assert.StartsWith("nothing was used up: 1.20 of 4 cores busy", limit.Evidence);
    }

    [Fact]
    public void Judge_OneThreadOfTheLeaderIsAlwaysBusy_ItIsTheLeadersCpuThoughCoresAreFree()
    {
        var limit = LimitJudge.Judge(Idle with { OfferedPerSecond = 900_000, Roles = [new(ProcessRole.Leader, 1.1, "log writer", 0.97), new(ProcessRole.Generator, 0.2)] });

        Assert.Equal("leader CPU", limit.Name);
        Assert.Equal("the thread 'log writer' of the leader kept 97 % of a core busy", limit.Evidence);
    }

    [Theory]
    [InlineData(0.89, LimitJudge.Answers)]
    [InlineData(0.98, "followers CPU")]
    public void Judge_NodeHasAllTheCpuTimeItIsAllowed_ItIsItsCpuThoughCoresAreFree(double share, string expected)
    {
        var limit = LimitJudge.Judge(Idle with { Roles = [new(ProcessRole.Leader, 0.3, QuotaShare: 0.6), new(ProcessRole.Followers, 0.9, QuotaShare: share)] });

        Assert.Equal(expected, limit.Name);
        if (expected != LimitJudge.Answers) Assert.Equal("a node had 98 % of the CPU time that it was allowed", limit.Evidence);
    }

    [Theory]
    [InlineData(0.2, 0.95, "leader CPU")]
    [InlineData(0.95, 0.2, "generator")]
    public void Judge_NodesAreOnAnotherMachine_TheFullestOneCountsAndWhoIsOnIt(double here, double there, string expected)
    {
        Sample At(double share) => new(
            (long)(share * 10 * Stopwatch.Frequency), Machine(Environment.ProcessorCount, here, share), new Dictionary<string, ProcessCounters>())
        {
            Hosts = new Dictionary<string, MachineCounters> { ["a"] = Machine(4, there, share) },
        };
        var row = Run.Of("c", 1) with { AchievedPerSecond = 1, Processes = [Use(ProcessRole.Leader, 1), Use(ProcessRole.Generator, 1)] };

        var limit = LimitJudge.Judge(new SampledLimit(At(0), At(1), []).Facts(row, _ => null));

        Assert.Equal(expected, limit.Name);
        Assert.Contains("cores were busy", limit.Evidence, StringComparison.Ordinal);

        static MachineCounters Machine(int cores, double busy, double share) => new()
        {
            TotalTime = TimeSpan.FromSeconds(cores * 10 * share), BusyTime = TimeSpan.FromSeconds(cores * busy * 10 * share),
        };

        static ProcessUse Use(string role, double cores) => new() { Role = role, Count = 1, CpuSeconds = cores * 10, Cores = cores };
    }

    [Theory]
    [InlineData(1.9, 1.2, 0.6, "leader CPU")]
    [InlineData(1.2, 1.9, 0.6, "followers CPU")]
    [InlineData(0.9, 0.8, 1.8, "generator")]
    [InlineData(1.0, 1.1, 1.8, "followers CPU")] // the brokers together use more than the load
    public void Judge_TheWholeMachineIsBusy_NamesWhoUsesMost(double leader, double followers, double generator, string expected)
    {
        var limit = LimitJudge.Judge(Idle with { BusyCores = 3.8, Roles = [new(ProcessRole.Leader, leader), new(ProcessRole.Followers, followers), new(ProcessRole.Generator, generator)] });

        Assert.Equal(expected, limit.Name);
        Assert.StartsWith("3.80 of 4 cores were busy: leader ", limit.Evidence);
        Assert.Equal(expected == "generator", limit.Warning.Length > 0);
    }

    [Theory]
    [InlineData(0.03, "")]
    [InlineData(0.041, "the harness itself used 4.1 % of a core meanwhile, where 3 % go unnoticed")]
    public void Judge_HarnessUsesCpuItself_TheRunIsWarnedFromThreePercentOn(double cores, string warning) =>
        Assert.Equal((LimitJudge.Answers, warning), (LimitJudge.Judge(Idle with { HarnessCores = cores }).Name, LimitJudge.Judge(Idle with { HarnessCores = cores }).Warning));

    [Fact]
    public void Judge_GeneratorIsLateByItself_IsTheLimitAndTheRunIsWarnedOf()
    {
        var limit = LimitJudge.Judge(Idle with { OfferedPerSecond = 900_000, GeneratorSigns = ["producer 0 kept 96 % of a core busy"], DiskBusyShare = 0.99 });

        Assert.Equal((LimitJudge.Generator, "producer 0 kept 96 % of a core busy; also disk: busy 99 % of the time, at 30 MB/s"), (limit.Name, limit.Evidence));
        Assert.Contains("the generator was the limit", limit.Warning);
    }

    [Fact]
    public void Judge_GeneratorIsLateThoughTheRateIsHeld_IsWarnedOf()
    {
        var limit = LimitJudge.Judge(Idle with { OfferedPerSecond = 500_000, GeneratorSigns = ["1 % of the batches left 3ms or more after they could have"] });

        Assert.Equal(LimitJudge.None, limit.Name);
        Assert.Equal("the generator may be in the latencies: 1 % of the batches left 3ms or more after they could have", limit.Warning);
    }

    [Fact]
    public void Judge_ReaderThreadIsAlwaysBusy_TheLoadIsTheLimit() =>
        Assert.Equal(LimitJudge.Generator, LimitJudge.Judge(Idle with { Roles = [new(ProcessRole.Leader, 0.5), new(ProcessRole.Consumers, 1, "reader 0", 0.95)] }).Name);

    [Fact]
    public void Judge_SomebodyElseTakesTheMachine_IsTheLimitAndNamed()
    {
        var limit = LimitJudge.Judge(Idle with { BusyCores = 3.9, Others = [new("cc1plus", 4711, TimeSpan.FromSeconds(15)), new("bash", 4, TimeSpan.FromSeconds(1))] });

        Assert.Equal(LimitJudge.Others, limit.Name);
        Assert.StartsWith("what is no part of the run used 1.60 of 4 cores, and the rest were busy; also ", limit.Evidence);
        Assert.Equal("other processes used the machine meanwhile: 1.60 of 4 cores (cc1plus, pid 4711: 1.50, bash, pid 4: 0.10)", limit.Warning);
    }

    [Fact]
    public void Judge_SomebodyElseBesideARateThatIsHeld_IsWarnedOf()
    {
        var facts = Idle with { OfferedPerSecond = 500_000, Others = [new("dotnet", 4711, TimeSpan.FromSeconds(5))] };

        Assert.Contains("dotnet, pid 4711: 0.50", LimitJudge.Judge(facts).Warning);
        Assert.Equal("", LimitJudge.Judge(facts with { Others = [new("dotnet", 4711, TimeSpan.FromSeconds(3))] }).Warning);
    }

    [Fact]
    public void Judge_HypervisorTakesTheMachine_ComesBeforeWhoHadTheRest()
    {
        var limit = LimitJudge.Judge(Idle with { BusyCores = 2.9, StealCores = 1 });

        Assert.Equal(LimitJudge.Hypervisor, limit.Name);
        Assert.Contains("; also leader CPU: 3.90 of 4 cores were busy", limit.Evidence);
    }

    [Theory]
    [InlineData(0.95, 0.3, "busy 95 % of the time, at 30 MB/s")]
    [InlineData(0.4, 0.97, "unwritten pages came to 97 % of what may pile up before writers wait, at 30 MB/s")]
    public void Judge_DiskIsBusyOrWritersWaitForIt_ItIsTheDisk(double busy, double dirty, string evidence)
    {
        var limit = LimitJudge.Judge(Idle with { DiskBusyShare = busy, DirtyShare = dirty });

        Assert.Equal((LimitJudge.Disk, evidence), (limit.Name, limit.Evidence));
    }

    [Fact]
    public void Judge_LoopbackCarriesAllItCan_ItIsTheNetwork()
    {
        var facts = Idle with { LoopbackBytesPerSecond = 2.9e9 };

        Assert.Equal(LimitJudge.Answers, LimitJudge.Judge(facts).Name); // without a calibration nobody knows
        Assert.Equal(LimitJudge.Network, LimitJudge.Judge(facts with { LoopbackLimit = 3e9 }).Name);
    }

    [Fact]
    public void Judge_RateIsHeldButTooLate_ItIsTheTarget()
    {
        var facts = Idle with { OfferedPerSecond = 500_000, Target = LatencyTarget.Parse("p99 <= 10ms"), TargetMs = 12.34 };

        var limit = LimitJudge.Judge(facts);

        Assert.Equal(LimitJudge.Target, limit.Name);
        Assert.StartsWith("p99 was 12.3 ms where p99 <= 10ms is wanted; 1.20 of 4 cores busy", limit.Evidence);
        Assert.Contains("used up: disk (busy 95 %", LimitJudge.Judge(facts with { DiskBusyShare = 0.95 }).Evidence);
        Assert.Equal(LimitJudge.None, LimitJudge.Judge(facts with { TargetMs = 9.9 }).Name);
    }
}
