using Harness.Load;
using Harness.Results;

namespace Harness.Tests.Results;

/// <summary>Result folders with made-up numbers, so that reading, drawing and judging can be tested without a cluster.</summary>
/// <remarks>Nothing here was measured, and the folders say so in title, system and caveats. Numbers follow a fixed seed.</remarks>
internal sealed class SyntheticCampaign
{
    public static readonly MachineFacts Machine = new()
    {
        CpuModel = "Imaginary CPU @ 2.40GHz",
        Cores = 2,
        MemoryBytes = 23L << 30,
        Kernel = "6.18.44",
        OperatingSystem = "Debian GNU/Linux 12 (bookworm)",
        Virtualization = "kvm",
        Filesystem = "ext4",
        MountOptions = "rw,relatime",
        DataDevice = "vda (write back)",
        Runtime = ".NET 10.0.12",
        RuntimeSettings = new Dictionary<string, string> { ["System.GC.Server"] = "false", ["System.GC.Concurrent"] = "false" },
        KernelSettings = new Dictionary<string, string> { ["vm.dirty_ratio"] = "20", ["vm.dirty_background_ratio"] = "10" },
        GitSha = "0123456789abcdef0123456789abcdef01234567",
        GitDirty = false,
        StealShare = 0.012,
        Calibration = new Dictionary<string, string> { ["sequential write, 1 MiB, O_DIRECT"] = "982 MB/s" },
    };

    private readonly Random _random = new(20261122);
    private bool _wholeTimelines;

    /// <summary>A ladder of offered rates for two flush policies; the slower one saturates before the top.</summary>
    public static ResultFolder RoadToOneMillion(string root) => new SyntheticCampaign().WriteRoad(root);

    /// <summary>Three offered rates and a closed loop on one axis, with timelines that hold warm-up and drain as measured ones do.</summary>
    public static ResultFolder RateLadder(string root) => new SyntheticCampaign { _wholeTimelines = true }.WriteLadder(root);

    /// <summary>Three read strategies, hot and cold.</summary>
    public static ResultFolder ZeroCopyReads(string root) => new SyntheticCampaign().WriteReads(root);

    public static ResultPlan PlanOf(string experiment, string title, int repeats, params AxisFacts[] axes)
    {
        IEnumerable<IReadOnlyDictionary<string, string>> combinations = [new Dictionary<string, string>()];
        foreach (var axis in axes)
            combinations = combinations.SelectMany(values => axis.Values.Select(value => new Dictionary<string, string>(values) { [axis.Name] = value }));
        return new ResultPlan
        {
            Experiment = experiment,
            Title = title,
            Question = "What would a reader see if these numbers had been measured?",
            Expectation = "A report names the question first, the numbers after it, and what fell short.",
            Axes = axes,
            Cells = [.. combinations.Select((values, i) => CellFacts.Of(i + 1, values))],
            Schedule = new ScheduleFacts(5, 20, repeats, "interleaved, shuffled within each repeat"),
            Load = new Dictionary<string, string> { ["record"] = "100 B", ["batch"] = "128 KiB", ["arrival"] = "poisson" },
            Cluster = new Dictionary<string, string> { ["nodes"] = "3", ["replication"] = "3", ["min.insync.replicas"] = "2" },
            Seed = 42,
            Command = $"dotnet run -c Release --project harness/Harness.Cli -- run {experiment}",
            Started = new DateTimeOffset(2026, 11, 22, 4, 30, 0, TimeSpan.Zero),
            Caveats = ["Synthetic test fixture: nothing in this folder was measured."],
        };
    }

    private ResultFolder WriteRoad(string root)
    {
        string[] rates = ["100000", "250000", "500000", "750000", "1000000", "1250000"];
        var plan = PlanOf("E03", "The road to one million (synthetic fixture)", 3,
            new AxisFacts("flush", ["os-cache", "group-commit(maxDelay=2ms, maxBytes=1MiB)"]),
            new AxisFacts("rate", rates, "records/s")) with
        {
            Checks =
            [
                new Check { Name = "holds 1,000,000 records/s with os-cache", Metric = "held", Of = new Dictionary<string, string> { ["flush"] = "os-cache", ["rate"] = "1000000" }, Bound = CheckBound.AtLeast, Limit = 0.99 },
                new Check { Name = "p99 at 1,000,000 records/s at most 10 ms with group commit", Metric = "p99", Of = new Dictionary<string, string> { ["flush"] = "group-commit", ["rate"] = "1000000" }, Bound = CheckBound.AtMost, Limit = 10 },
            ],
            Charts =
            [
                new ChartRequest { Kind = ChartKind.ThroughputLatency, Title = "p99 latency over the achieved rate", Metric = "p99", Series = "flush" },
                new ChartRequest { Kind = ChartKind.LatencyPercentiles, Title = "Latency at 1,000,000 records/s offered", Series = "flush", Only = new Dictionary<string, string> { ["rate"] = "1000000" } },
                new ChartRequest { Kind = ChartKind.LatencyPercentiles, Title = "Latency with os-cache, by offered rate", Series = "rate", Only = new Dictionary<string, string> { ["flush"] = "os-cache" } },
                new ChartRequest { Kind = ChartKind.ThroughputOverTime, Title = "Throughput at 1,250,000 records/s offered", Series = "flush", Only = new Dictionary<string, string> { ["rate"] = "1250000" } },
                new ChartRequest { Kind = ChartKind.CpuByProcess, Title = "Where the cores went" },
            ],
        };
        return Write(root, plan, cell =>
        {
            var offered = double.Parse(cell.Values["rate"], System.Globalization.CultureInfo.InvariantCulture);
            var grouped = cell.Values["flush"].StartsWith("group", StringComparison.Ordinal);
            var capacity = grouped ? 930_000 : 1_180_000;
            var load = Math.Min(offered / capacity, 0.985);
            return new Shape(offered, Math.Min(offered, capacity), MedianMs: (grouped ? 1.9 : 0.45) / (1 - (load * load)), TailMs: (grouped ? 6 : 2) / (1 - load), 0.12 + (0.5 * load), 0.3 + (0.2 * load), 0.2 * load) { UnsoundRepeats = grouped && offered > 1_200_000 ? [2] : [] };
        });
    }

    private ResultFolder WriteLadder(string root)
    {
        var plan = PlanOf("E03", "Rates alone (synthetic fixture)", 2, new AxisFacts("rate", ["100000", "1000000", "1020000", "unlimited"], "records/s"));
        return Write(root, plan, cell => double.TryParse(cell.Values["rate"], out var offered)
            ? new Shape(offered, offered, 0.4, 2, 0.3, 0.4, 0.2)
            : new Shape(null, 3_100_000, 5, 20, 0.7, 0.7, 0.5));
    }

    private ResultFolder WriteReads(string root)
    {
        var plan = PlanOf("E01", "sendfile against copies (synthetic fixture)", 5,
            new AxisFacts("read", ["sendfile", "positioned(bufferBytes=256KiB)", "mapped"]),
            new AxisFacts("cache", ["hot", "cold"])) with
        {
            Checks =
            [
                new Check { Name = "sendfile needs at most 0.6 of the CPU per GB of positioned, hot", Metric = "cpu-per-gb", Of = new Dictionary<string, string> { ["read"] = "sendfile", ["cache"] = "hot" }, RatioTo = new Dictionary<string, string> { ["read"] = "positioned" }, Bound = CheckBound.AtMost, Limit = 0.6 },
            ],
            Charts =
            [
                new ChartRequest { Kind = ChartKind.Bars, Title = "CPU the brokers spend to serve a GB", Metric = "cpu-per-gb", X = "read", Series = "cache" },
                new ChartRequest { Kind = ChartKind.Bars, Title = "Bytes served", Metric = "throughput", X = "read", Series = "cache" },
            ],
        };
        return Write(root, plan, cell =>
        {
            var cpu = cell.Values["read"] switch { "sendfile" => 0.11, "mapped" => 0.24, _ => 0.21 } * (cell.Values["cache"] == "cold" ? 1.35 : 1);
            var rate = cell.Values["cache"] == "cold" ? 8_000_000d : 21_000_000d;
            return new Shape(null, rate / (1 + cpu), 0.2, 1, cpu * rate / 1e7, 0, 0.4) { UnsoundRepeats = cell.Values["read"] == "mapped" && cell.Values["cache"] == "cold" ? [0] : [] };
        });
    }

    private ResultFolder Write(string root, ResultPlan plan, Func<CellFacts, Shape> shapeOf)
    {
        var folder = ResultFolder.Create(root, plan, Machine);
        for (var repeat = 1; repeat <= plan.Schedule.Repeats; repeat++)
            foreach (var cell in plan.Cells)
                AppendRun(folder, cell, repeat, shapeOf(cell));
        folder.WritePlan(folder.Plan with { Finished = plan.Started.AddMinutes(12) });
        return folder;
    }

    private void AppendRun(ResultFolder folder, CellFacts cell, int repeat, Shape shape)
    {
        var seconds = folder.Plan.Schedule.MeasureSeconds;
        var noise = 1 + (0.04 * (_random.NextDouble() - 0.5));
        var busy = 1 + (0.08 * (_random.NextDouble() - 0.5));
        var achieved = shape.OfferedPerSecond is { } offered && shape.AchievedPerSecond >= offered ? offered : shape.AchievedPerSecond * noise;
        var latency = new Histogram();
        for (var i = 0; i < 4_000; i++)
        {
            var tail = i % 50 == 0 ? -Math.Log(1 - _random.NextDouble()) * shape.TailMs : 0;
            latency.Record(TimeSpan.FromMilliseconds((shape.MedianMs * Math.Exp(0.25 * Gauss())) + tail), count: 500);
        }

        var (warmUp, drain) = _wholeTimelines ? (5, 3) : (0, 0);
        var timeline = Enumerable.Range(1 - warmUp, (int)seconds + warmUp + drain).Select(second => new TimelinePoint
        {
            Second = second,
            OfferedPerSecond = shape.OfferedPerSecond,
            AchievedPerSecond = achieved * (1 + (0.03 * Gauss())) * (second == 13 && repeat == 2 ? 0.7 : second > seconds ? 0 : 1),
            P99Ms = shape.TailMs,
        });
        var records = (long)(achieved * seconds);
        ProcessUse Use(string role, double cores, int count) => new()
        {
            Role = role, Count = count, Cores = cores * busy, CpuSeconds = cores * busy * seconds, ContextSwitches = 40_000, RssMaxBytes = 180L << 20,
        };
        folder.Append(new RunRow
        {
            Cell = cell.Id,
            Label = cell.Label,
            Repeat = repeat,
            Axes = cell.Values,
            System = "synthetic",
            Durability = cell.Values.TryGetValue("flush", out var flush) ? $"acks=all, RF 3, flush {flush}" : "acks=all, RF 3, flush os-cache",
            Started = folder.Plan.Started.AddSeconds(30 * folder.Runs.Count),
            MeasuredSeconds = seconds,
            OfferedPerSecond = shape.OfferedPerSecond,
            AchievedPerSecond = achieved,
            GoodputBytes = records * 100,
            Acked = records,
            Verified = records,
            Processes = shape.FollowerCores > 0
                ? [Use(ProcessRole.Leader, shape.LeaderCores, 1), Use(ProcessRole.Followers, shape.FollowerCores, 2), Use(ProcessRole.Generator, shape.GeneratorCores, 1)]
                : [Use(ProcessRole.Brokers, shape.LeaderCores, 3), Use(ProcessRole.Consumers, shape.GeneratorCores, 1)],
            StealSeconds = 0.2,
            Lost = shape.Lost(repeat),
            Sound = shape.Lost(repeat) == 0,
            Reason = shape.Lost(repeat) == 0 ? "" : "1,204 acknowledged records were not there when read back",
        }.WithLatency(latency), latency, [.. timeline]);
    }

    private double Gauss() =>
        Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private sealed record Shape(
        double? OfferedPerSecond, double AchievedPerSecond, double MedianMs, double TailMs, double LeaderCores, double FollowerCores, double GeneratorCores)
    {
        /// <summary>The repeats whose run is to be unsound; all when it holds 0.</summary>
        public int[] UnsoundRepeats { get; init; } = [];

        public int Lost(int repeat) => UnsoundRepeats.Contains(repeat) || UnsoundRepeats.Contains(0) ? 1204 : 0;
    }
}
