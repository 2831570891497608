using System.Text.Json.Serialization;
using Harness.Files;

namespace Harness.Load;

/// <summary>One line that a worker prints: JSON with a <c>kind</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(PhaseLine), "phase")]
[JsonDerivedType(typeof(SecondLine), "second")]
[JsonDerivedType(typeof(ReportLine), "report")]
[JsonDerivedType(typeof(FileReportLine), "files")]
[JsonDerivedType(typeof(RefusalLine), "refusal")]
public abstract record LoadLine;

/// <summary>Printed the moment a phase starts or ends, so that the reader can sample the machine at the same moments.</summary>
/// <remarks>
/// Phases are <c>warmup</c>, <c>measure</c>, <c>drain</c> and <c>read</c>. Nanoseconds are CLOCK_MONOTONIC, which all processes of
/// a machine share (<c>Stopwatch.GetTimestamp</c> on Linux).
/// </remarks>
public sealed record PhaseLine(string Phase, PhaseEdge Edge, DateTimeOffset Utc, long Nanoseconds) : LoadLine;

/// <summary>Printed about once a second.</summary>
public sealed record SecondLine(LoadSecond Second) : LoadLine;

/// <summary>The last line of a run, also of one that failed or was stopped.</summary>
public sealed record ReportLine(LoadReport Report) : LoadLine;

/// <summary>The last line when nothing could be run: the spec is wrong or the cluster did not answer.</summary>
public sealed record RefusalLine(IReadOnlyList<string> Problems) : LoadLine;

[JsonConverter(typeof(JsonStringEnumConverter<PhaseEdge>))]
public enum PhaseEdge
{
    [JsonStringEnumMemberName("start")]
    Start,
    [JsonStringEnumMemberName("end")]
    End,
}
