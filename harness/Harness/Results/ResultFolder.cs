using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Harness.Load;

namespace Harness.Results;

/// <summary>One campaign on disk, written while it runs and read by reports, notebooks and people.</summary>
/// <remarks>
/// <c>plan.json, machine.json, runs.csv, latency/CELL-REPEAT.json + .hgrm, timeline/CELL-REPEAT.csv</c>, and of runs with faults
/// <c>faults/CELL-REPEAT.csv, acks/CELL-REPEAT.csv</c>, of a calibrated campaign <c>calibration.json</c>. Made of them:
/// <c>latency/CELL.json + .hgrm, cells.csv, summary.json, charts/*.svg, report.html</c>.
/// Every file is put in place by a rename, a run's own files before its row in <c>runs.csv</c>: whatever moment a campaign is
/// cut off at, what is there is whole, and each row has its files. One writer at a time; any number of readers.
/// </remarks>
public sealed class ResultFolder
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new HistogramConverter() },
    };

    private const string CalibrationFile = "calibration.json";

    private readonly List<RunRow> _runs;

    private ResultFolder(string path, ResultPlan plan, MachineFacts machine, List<RunRow> runs, CampaignCalibration? calibration) =>
        (Path, Plan, Machine, _runs, Calibration) = (path, plan, machine, runs, calibration);

    public string Path { get; }

    public ResultPlan Plan { get; private set; }

    public MachineFacts Machine { get; private set; }

    /// <summary>What the machine can do by itself; null where that was not measured.</summary>
    public CampaignCalibration? Calibration { get; private set; }

    /// <summary>Finished runs in the order in which they were measured.</summary>
    public IReadOnlyList<RunRow> Runs => _runs;

    public string ReportPath => System.IO.Path.Combine(Path, "report.html");

    public string ChartsPath => System.IO.Path.Combine(Path, "charts");

    /// <summary>Starts <c>root/EXPERIMENT/UTC-SHA</c> with the plan and the machine, before anything is measured.</summary>
    /// <exception cref="ResultException">The folder is there already or cannot be made.</exception>
    public static ResultFolder Create(string root, ResultPlan plan, MachineFacts machine)
    {
        var path = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, plan.Experiment, NameOf(plan.Started, machine)));
        if (Directory.Exists(path)) throw new ResultException($"{path} is there already: results are never written over.");

        var folder = new ResultFolder(path, plan, machine, [], calibration: null);
        try
        {
            foreach (var part in new[] { "latency", "timeline", "charts" }) Directory.CreateDirectory(System.IO.Path.Combine(path, part));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ResultException($"cannot make the result folder {path}: {e.Message}", e);
        }

        folder.WritePlan(plan);
        folder.WriteMachine(machine);
        folder.WriteRuns();
        return folder;
    }

    /// <summary>As the files of a result are written; numbers that are none have no place in it.</summary>
    public static string ToJson<T>(T value) => JsonSerializer.Serialize(value, Json) + "\n";

    /// <summary>Writes a machine's facts where something else than a campaign was measured.</summary>
    public static void WriteMachine(string folder, MachineFacts machine) =>
        File.WriteAllText(System.IO.Path.Combine(folder, "machine.json"), ToJson(machine));

    /// <summary>Opens a folder, finished or not.</summary>
    /// <exception cref="ResultException">The folder is no result, is of a newer format, or a file in it is damaged.</exception>
    public static ResultFolder Open(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        var plan = ReadJson<ResultPlan>(System.IO.Path.Combine(full, "plan.json"));
        if (plan.Format > ResultPlan.CurrentFormat)
            throw new ResultException($"{full} has format {plan.Format}; this build reads up to {ResultPlan.CurrentFormat}.");

        var machine = ReadJson<MachineFacts>(System.IO.Path.Combine(full, "machine.json"));
        var calibrationPath = System.IO.Path.Combine(full, CalibrationFile);
        var calibration = File.Exists(calibrationPath) ? ReadJson<CampaignCalibration>(calibrationPath) : null;
        var runsPath = System.IO.Path.Combine(full, "runs.csv");
        if (!File.Exists(runsPath)) return new ResultFolder(full, plan, machine, [], calibration);

        return new ResultFolder(full, plan, machine, [.. RunTable.Parse(File.ReadAllText(runsPath))], calibration);
    }

    /// <summary>Keeps other campaigns from writing here until it is disposed of, or this process ends.</summary>
    /// <exception cref="ResultException">Another campaign is writing here.</exception>
    public IDisposable TakeForWriting() => TakeForWriting(Path);

    internal static IDisposable TakeForWriting(string folder)
    {
        try
        {
            return new FileStream(
                System.IO.Path.Combine(folder, "campaign.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
        }
        catch (IOException e)
        {
            throw new ResultException($"{folder} is being written by another campaign: {e.Message}", e);
        }
    }

    /// <summary>What a result's folder is called: <c>UTC-SHA</c>, so that names sort by time and tell what was measured.</summary>
    public static string NameOf(DateTimeOffset started, MachineFacts machine)
    {
        var sha = machine.GitSha.Length == 0 ? "nogit" : machine.GitSha[..Math.Min(10, machine.GitSha.Length)] + (machine.GitDirty ? "-dirty" : "");
        return started.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + "-" + sha;
    }

    /// <summary>The folders of an experiment's results below <paramref name="root"/>, the newest first.</summary>
    public static IReadOnlyList<string> PathsOf(string root, string experiment)
    {
        var folder = System.IO.Path.Combine(root, experiment);
        return !Directory.Exists(folder)
            ? []
            : [.. Directory.GetDirectories(folder).Where(path => File.Exists(System.IO.Path.Combine(path, "plan.json"))).OrderDescending(StringComparer.Ordinal)];
    }

    /// <summary>Replaces the plan: node configurations as they are read back, outcomes at the end.</summary>
    public void WritePlan(ResultPlan plan) => WriteJson("plan.json", Plan = plan);

    /// <summary>Replaces the machine's facts: steal and calibration are known at the end only.</summary>
    public void WriteMachine(MachineFacts machine) => WriteJson("machine.json", Machine = machine);

    /// <summary>Writes the machine's limits: those from before the first run, later those from after the last as well.</summary>
    public void WriteCalibration(CampaignCalibration calibration) => WriteJson(CalibrationFile, Calibration = calibration);

    /// <summary>Adds a finished run, on disk when this returns; <paramref name="latency"/> is null where none was recorded.</summary>
    public void Append(
        RunRow run, Histogram? latency, IReadOnlyList<TimelinePoint> timeline, IReadOnlyList<FaultRecord>? faults = null, IReadOnlyList<AckPoint>? acks = null)
    {
        if (_runs.Any(other => other.Cell == run.Cell && other.Repeat == run.Repeat))
            throw new ResultException($"{run.Cell} already has a repeat {run.Repeat}.");

        if (latency is not null) WriteLatency(NameOf(run), latency);
        WriteTable("timeline", run, timeline);
        WriteTable("faults", run, faults ?? []);
        WriteTable("acks", run, acks ?? []);
        _runs.Add(run);
        WriteRuns();
    }

    /// <summary>Puts the latencies of a cell's runs, merged, beside those of each.</summary>
    public void WriteLatency(CellFacts cell, Histogram merged) => WriteLatency(cell.Id, merged);

    /// <summary>The run's latencies; empty when it recorded none.</summary>
    public Histogram ReadLatency(RunRow run)
    {
        var path = System.IO.Path.Combine(Path, LatencyFile(NameOf(run), ".json"));
        return File.Exists(path) ? ReadJson<Histogram>(path) : new Histogram();
    }

    /// <summary>The run second by second; empty when it recorded none.</summary>
    public IReadOnlyList<TimelinePoint> ReadTimeline(RunRow run) => ReadTable<TimelinePoint>("timeline", run);

    /// <summary>The faults of the run as they happened; empty when there were none.</summary>
    public IReadOnlyList<FaultRecord> ReadFaults(RunRow run) => ReadTable<FaultRecord>("faults", run);

    /// <summary>Acknowledgements by tenths of a second; empty when the run had no faults.</summary>
    public IReadOnlyList<AckPoint> ReadAcks(RunRow run) => ReadTable<AckPoint>("acks", run);

    /// <summary>Puts a chart or the report beside the data; the name is relative to <see cref="Path"/>: <c>charts/p99.svg</c>.</summary>
    public void WriteText(string name, string text) => PutText(System.IO.Path.Combine(Path, name), text);

    /// <summary>Puts a file in place whole, or not at all.</summary>
    internal static void PutText(string path, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        var temporary = path + ".part";
        File.WriteAllText(temporary, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(temporary, path, overwrite: true);
    }

    private static string NameOf(RunRow run) => FormattableString.Invariant($"{run.Cell}-{run.Repeat}");

    private static string LatencyFile(string name, string extension) => System.IO.Path.Combine("latency", name + extension);

    private static string TableFile(string kind, RunRow run) => System.IO.Path.Combine(kind, NameOf(run) + ".csv");

    private void WriteLatency(string name, Histogram latency)
    {
        WriteJson(LatencyFile(name, ".json"), latency);
        using var hgrm = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        latency.WriteHgrm(hgrm);
        WriteText(LatencyFile(name, ".hgrm"), hgrm.ToString());
    }

    private void WriteTable<T>(string kind, RunRow run, IReadOnlyList<T> rows)
        where T : class
    {
        if (rows.Count == 0) return;

        var table = new CsvTable([.. CsvColumns<T>.Headers], [.. rows.Select(row => CsvColumns<T>.Texts(row).ToArray())]);
        WriteText(TableFile(kind, run), table.ToCsv());
    }

    private IReadOnlyList<T> ReadTable<T>(string kind, RunRow run)
        where T : class
    {
        var path = System.IO.Path.Combine(Path, TableFile(kind, run));
        if (!File.Exists(path)) return [];

        var table = CsvTable.Parse(File.ReadAllText(path));
        var index = table.Headers.Select((header, i) => (header, i)).ToDictionary(pair => pair.header, pair => pair.i);
        return [.. table.Rows.Select(row => CsvColumns<T>.Read(header => index.TryGetValue(header, out var i) ? row[i] : null))];
    }

    internal static T ReadJson<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Json) ?? throw new ResultException($"{path} is empty.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ResultException($"{System.IO.Path.GetDirectoryName(path)} is not a result folder: {System.IO.Path.GetFileName(path)} is missing.", e);
        }
        catch (JsonException e)
        {
            throw new ResultException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private void WriteJson<T>(string name, T value) => WriteText(name, ToJson(value));

    // Rewritten whole each time: a campaign has tens of rows, and axes and roles may still be added.
    private void WriteRuns() => WriteText("runs.csv", RunTable.ToCsv(_runs));
}
