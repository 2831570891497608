using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace Micro;

/// <summary>A benchmark whose operation moves a known number of bytes.</summary>
public interface IMovesBytes
{
    long BytesPerOperation { get; }
}

/// <summary>The mean as a rate, for benchmarks that move bytes: what can be held against a disk's or a memory's.</summary>
internal sealed class ThroughputColumn : IColumn
{
    public string Id => nameof(ThroughputColumn);

    public string ColumnName => "GB/s";

    public string Legend => "10^9 bytes moved per second, at the mean";

    public bool AlwaysShow => false;

    public ColumnCategory Category => ColumnCategory.Custom;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public bool IsAvailable(Summary summary) => summary.BenchmarksCases.Any(IsMover);

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        IsMover(benchmarkCase) && summary[benchmarkCase]?.ResultStatistics is { Mean: > 0 } statistics
            ? (Bytes(benchmarkCase) / statistics.Mean).ToString("0.000", CultureInfo.InvariantCulture) // bytes a nanosecond are GB a second
            : "-";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    private static bool IsMover(BenchmarkCase benchmarkCase) => typeof(IMovesBytes).IsAssignableFrom(benchmarkCase.Descriptor.Type);

    private static long Bytes(BenchmarkCase benchmarkCase)
    {
        var type = benchmarkCase.Descriptor.Type;
        var benchmark = Activator.CreateInstance(type)!;
        foreach (var parameter in benchmarkCase.Parameters.Items) type.GetProperty(parameter.Name)!.SetValue(benchmark, parameter.Value);
        return ((IMovesBytes)benchmark).BytesPerOperation;
    }
}
