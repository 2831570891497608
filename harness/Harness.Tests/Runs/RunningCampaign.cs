using Harness.Cli;
using Harness.Cli.Progress;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Systems;

namespace Harness.Tests.Runs;

/// <summary>A campaign on the real broker with load workers as processes, and the folder it leaves.</summary>
internal sealed class RunningCampaign : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-runs-").FullName;
    private ResultFolder? _result;

    public ResultFolder Folder => _result ?? throw new InvalidOperationException("nothing was run yet");

    /// <summary>Where the nodes' data lay; empty when nothing was left behind.</summary>
    public string WorkFolder => Path.Combine(_folder, "work");

    public async Task<CampaignResult> Run(Experiment experiment, ISystemUnderTest? system = null, CancellationToken stop = default)
    {
        system ??= new TestbedEngine(Checkout.BrokerAssembly);
        Directory.CreateDirectory(WorkFolder);
        var campaign = await Campaign.Prepare(experiment, [], seed: 3, system, CancellationToken.None);
        var machine = await MachineProbe.Observe(WorkFolder, checkout: null);
        _result = ResultFolder.Create(Path.Combine(_folder, "results"), CampaignFacts.Describe(campaign, machine, WorkFolder, "test"), machine);
        WorkerProgram Worker(string command) => new(DotNetHost.Path, [typeof(CommandLine).Assembly.Location, command]);
        var setup = new RunSetup(system, Worker("worker"), Worker("files"), WorkFolder, Path.Combine(_result.Path, "logs"), KeepData: false);
        return await new CampaignRunner(setup, new PlainProgress(TextWriter.Null)).Run(campaign, _result, stop);
    }

    /// <summary>A machine that runs other tests beside this one may be late with its counters: what they say is not what is asserted.</summary>
    public static void AssertMeasured(RunRow row) =>
        Assert.True(row.Sound || row.Reason.StartsWith("the counters were read", StringComparison.Ordinal), row.Reason);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
