using System.Diagnostics;
using System.Globalization;
using Harness.Nodes;
using Harness.Results;
using Harness.Tests.Results;

namespace Harness.Tests.Cli;

/// <summary>Ctrl-C as a terminal sends it, to every process of the group: a campaign is left whole and nobody stays behind.</summary>
public sealed class InterruptTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Interrupt_InTheMiddleOfARun_LeavesNoProcessAndAResultThatCanBeResumed(int times)
    {
        using var campaign = Start(
            "run", "E02", "--repeat", "2", "--seed", "5", "--set", "flush=os-cache", "--set", "cluster.nodes=1", "--set", "cluster.replication=1",
            "--set", "cluster.minInSync=1", "--set", "load.recordsPerSecond=1000", "--set", "schedule.warmup=100ms", "--set", "schedule.measure=300ms",
            "--out", _folder.Path, "--data", Data);
        while (await campaign.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("run 2/2", StringComparison.Ordinal)) { }
        await Until(() => Members(campaign.Id).Any(IsBroker), "a broker of the second run");

        for (var i = 0; i < times; i++) Signal("INT", -campaign.Id);
        await campaign.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal(130, campaign.ExitCode);
        await Until(() => !Members(campaign.Id).Any(), "the end of every process");
        var cut = ResultFolder.Open(ResultFolder.PathsOf(_folder.Path, "E02")[0]);
        Assert.Equal((1, null), (Assert.Single(cut.Runs).Repeat, cut.Plan.Finished));
        if (times == 1)
        {
            Assert.Contains("The campaign was cut off", await File.ReadAllTextAsync(cut.ReportPath), StringComparison.Ordinal);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
        }

        // The checkout that is tested may have changes that are in no commit.
        using var again = Start("resume", cut.Path, "--data", Data, "--allow", "version");
        var output = await again.StandardOutput.ReadToEndAsync();
        await again.WaitForExitAsync().WaitAsync(Patience);

        var whole = ResultFolder.Open(cut.Path);
        Assert.Contains("run 2/2", output, StringComparison.Ordinal);
        Assert.DoesNotContain("run 1/2", output, StringComparison.Ordinal);
        Assert.Equal([1, 2], whole.Runs.Select(run => run.Repeat));
        Assert.Equal(cut.Runs[0].Started, whole.Runs[0].Started);
        Assert.NotNull(whole.Plan.Finished);
        Assert.Equal(1, Assert.Single(whole.Plan.Resumed).RunsBefore);
        Assert.Contains("Cut off after 1 run and resumed at", await File.ReadAllTextAsync(whole.ReportPath), StringComparison.Ordinal);
        // Also what the interrupted one could not take along.
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
    }

    /// <summary>The command as the leader of a session, as a shell starts it in a terminal of its own, deaf to nothing: tests that run in the
    /// background of a shell hand on that SIGINT is to be ignored.</summary>
    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "setsid", ["env", "--default-signal=INT", DotNetHost.Path, typeof(Harness.Cli.CommandLine).Assembly.Location, .. arguments]) { RedirectStandardOutput = true })!;

    private static void Signal(string name, int pid)
    {
        using var kill = Process.Start("kill", ["-" + name, "--", pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static bool IsBroker(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains("Engine.Broker.dll", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // it ended meanwhile
        }
    }

    /// <summary>The processes of a session that live; proc(5): behind the name come state, parent, group and session.</summary>
    private static IEnumerable<int> Members(int session)
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            string[] fields;
            try
            {
                var stat = File.ReadAllText(folder + "/stat");
                fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            }
            catch (IOException)
            {
                continue;
            }

            if (fields[0] != "Z" && int.Parse(fields[3], CultureInfo.InvariantCulture) == session)
                yield return int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
        }
    }

    private static async Task Until(Func<bool> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !condition(); await Task.Delay(TimeSpan.FromMilliseconds(20)))
            Assert.True(watch.Elapsed < Patience, "waited for " + what);
    }
}
