using System.Diagnostics;
using System.Runtime.CompilerServices;
using Harness.Measures;
using Harness.Plans;
using Harness.Results;
using Harness.Statistics;
using Harness.Systems;

namespace Harness.Runs.Saturating;

/// <summary>Searches for the highest offered rate that meets a latency target: every rate that is tried is a cell, every run one of new processes.</summary>
/// <remarks>Where a plan has other axes, each combination has a search of its own; their runs take turns, in an order shuffled by the seed.</remarks>
public sealed class SaturationSearch
{
    /// <summary>How the order of runs comes about, in words for the result.</summary>
    public const string OrderInWords = "one after the other as the search asks for them, its ends in turn; new processes and data for every run";

    /// <summary>Where nothing names a rate; the search says which are too high or too low.</summary>
    private const double RateOfNone = 10_000;

    private readonly Experiment _experiment;
    private readonly IReadOnlyList<string> _overrides;
    private readonly int _seed;
    private readonly ISystemUnderTest _system;
    private readonly LatencyTarget _target;
    private readonly RateSearchRule _rule;
    private readonly TimeSpan? _budget;
    private readonly Dictionary<string, Search> _searches = [];
    private readonly Dictionary<(string Combination, double Rate), Cell> _cells = [];

    private SaturationSearch(
        Experiment experiment, IReadOnlyList<string> overrides, int seed, ISystemUnderTest system, LatencyTarget target, RateSearchRule rule,
        TimeSpan? budget, Campaign first)
    {
        (_experiment, _overrides, _seed, _system, _target, _rule, _budget, First) = (experiment, overrides, seed, system, target, rule, budget, first);
        foreach (var cell in first.Cells) _searches[CombinationOf(cell.Facts)] = new Search(Others(cell.Facts), new RateSearch(rule));
    }

    /// <summary>Every combination at the rate that is tried first.</summary>
    public Campaign First { get; }

    /// <summary>What is searched for, before and after.</summary>
    public SaturationFacts Facts => new()
    {
        Target = _target,
        Precision = _rule.Precision,
        Confirmations = _rule.Confirmations,
        Found = [.. _searches.Values.Where(search => search.Rates.Runs > 0).Select(search => search.Found)],
    };

    /// <summary>Spells out the first step, so that whatever is wrong with the plan is found before anything is started.</summary>
    /// <param name="experiment">Whose load and cluster it is about.</param>
    /// <param name="overrides">Assignments as given to <c>--set</c>.</param>
    /// <param name="seed">Decides records, arrivals and order.</param>
    /// <param name="system">Starts the brokers that plans name.</param>
    /// <param name="target">What is to be met.</param>
    /// <param name="rule">How it is searched for.</param>
    /// <param name="budget">No run begins that would end later than this after the first one began; null: they end with the search.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="PlanException">The plan cannot be, or nothing in it is produced at a rate.</exception>
    public static async Task<SaturationSearch> Prepare(
        Experiment experiment, IReadOnlyList<string> overrides, int seed, ISystemUnderTest system, LatencyTarget target, RateSearchRule rule,
        TimeSpan? budget, CancellationToken stop)
    {
        var searched = new SaturationExperiment(experiment, target);
        var first = await At(searched, overrides, RateSearch.Rounded(Math.Min(rule.Start, rule.RateMax)), seed, system, target, stop);
        return new SaturationSearch(searched, overrides, seed, system, target, rule, budget, first);
    }

    /// <summary>The lowest rate that an experiment names itself: where a search begins unless told otherwise.</summary>
    /// <exception cref="PlanException">An override is wrong.</exception>
    public static double StartOf(Experiment experiment, IReadOnlyList<string> overrides) => Profile.PlansOf(experiment, overrides)
        .Where(plan => plan.Load is ProduceLoad)
        .SelectMany(plan => plan.Vary
            .Where(axis => axis.Setting == PlanSettings.RateSetting).SelectMany(axis => axis.Values).Select(Rates.Parse).OfType<double>()
            .DefaultIfEmpty(((ProduceLoad)plan.Load).Send.RecordsPerSecond))
        .Where(rate => rate > 0)
        .DefaultIfEmpty(RateOfNone)
        .Min();

    /// <summary>The runs, each decided by what the ones before it left in the folder.</summary>
    /// <param name="folder">The result; its plan gets a cell for every rate that is tried.</param>
    /// <param name="dataFolder">Where the nodes' data goes: a rate that it has no room for is not tried.</param>
    /// <param name="stop">Ends it early.</param>
    public async IAsyncEnumerable<ScheduledRun> Runs(ResultFolder folder, string dataFolder, [EnumeratorCancellation] CancellationToken stop)
    {
        var random = new Random(_seed);
        var clock = Stopwatch.StartNew();
        while (_searches.Values.Where(search => search.Rates.Next is not null).ToArray() is { Length: > 0 } open)
        {
            random.Shuffle(open);
            foreach (var search in open)
            {
                var (began, rate) = (clock.Elapsed, search.Rates.Next!.Value);
                var cell = await CellAt(search, rate, stop);
                if (cell.Disk.Problem(cell.Facts.Id, dataFolder, DataVolume.FreeBytes(dataFolder)) is not null)
                {
                    search.Rates.Bound(rate);
                    continue;
                }

                AddCell(cell.Facts, folder);
                yield return new ScheduledRun(cell, search.Rates.At(rate).Runs + 1);
                var row = folder.Runs[^1];
                search.Record(rate, row, _target);
                folder.WritePlan(folder.Plan with { Saturation = Facts });
                if (_budget is not { } budget || clock.Elapsed + (clock.Elapsed - began) <= budget) continue;

                var reason = FormattableString.Invariant($"the budget of {budget.TotalMinutes:0.##} min has no room for another run");
                folder.WritePlan(folder.Plan with { RepeatsEnded = reason });
                yield break;
            }
        }
    }

    private async Task<Cell> CellAt(Search search, double rate, CancellationToken stop)
    {
        var combination = CombinationOf(search.Values);
        if (_cells.TryGetValue((combination, rate), out var known)) return known;

        var campaign = await At(_experiment, _overrides, rate, _seed, _system, _target, stop);
        foreach (var cell in campaign.Cells)
            _cells[(CombinationOf(cell.Facts), rate)] = cell with { Facts = CellFacts.Of(_cells.Count + 1, cell.Facts.Values) };
        return _cells[(combination, rate)];
    }

    /// <summary>A cell more in the plan of the result, in order of the rates as a plan would name them.</summary>
    private static void AddCell(CellFacts added, ResultFolder folder)
    {
        var plan = folder.Plan;
        var cells = plan.Cells.Where(cell => cell.Id != added.Id && folder.Runs.Any(run => run.Cell == cell.Id)).Append(added)
            .OrderBy(cell => Rates.Parse(cell.Values[Axis.RateName])).ToList();
        IReadOnlyList<string> ValuesOf(string axis) => [.. cells.Select(cell => cell.Values.GetValueOrDefault(axis)).OfType<string>().Distinct()];
        folder.WritePlan(plan with { Cells = cells, Axes = [.. plan.Axes.Select(axis => axis with { Values = ValuesOf(axis.Name) })] });
    }

    private static Task<Campaign> At(
        Experiment experiment, IReadOnlyList<string> overrides, double rate, int seed, ISystemUnderTest system, LatencyTarget target, CancellationToken stop) =>
        Campaign.Prepare(experiment, [.. overrides, $"target={target}", $"{PlanSettings.Sweep}={Rates.Text(rate)}"], seed, system, stop);

    private static Dictionary<string, string> Others(CellFacts cell) =>
        cell.Values.Where(value => value.Key != Axis.RateName).ToDictionary(value => value.Key, value => value.Value);

    private static string CombinationOf(CellFacts cell) => CombinationOf(Others(cell));

    private static string CombinationOf(IReadOnlyDictionary<string, string> others) => string.Join('\n', others.Select(value => $"{value.Key}={value.Value}"));

    /// <summary>The search of one combination, and what limited its runs that missed.</summary>
    private sealed class Search(IReadOnlyDictionary<string, string> values, RateSearch rates)
    {
        private readonly Dictionary<double, string> _limits = [];

        public IReadOnlyDictionary<string, string> Values => values;

        public RateSearch Rates => rates;

        public SaturationFound Found
        {
            get
            {
                var (met, runs) = rates.Passing is { } passing ? rates.At(passing) : default;
                return new SaturationFound
                {
                    Values = values,
                    RecordsPerSecond = rates.Passing,
                    Met = met,
                    Runs = runs,
                    MissedAt = rates.Failing,
                    IsConfirmed = rates.IsConfirmed,
                    Limit = rates.Failing is { } failing ? _limits[failing] : "",
                };
            }
        }

        /// <summary>A run meets the target when it is sound, its latency is within it and the rate was held: else the latency is of fewer records.</summary>
        public void Record(double rate, RunRow row, LatencyTarget target)
        {
            var met = row.Sound && target.IsMetBy(row) == true && row.AchievedPerSecond >= HeldShare * rate;
            rates.Record(rate, met);
            if (!met) _limits[rate] = row.Sound ? row.BottleneckText : row.Reason;
        }

        private const double HeldShare = 0.99;
    }
}
