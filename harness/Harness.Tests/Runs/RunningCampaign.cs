using Harness.Cli;
using Harness.Cli.Progress;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Tests.Runs;

/// <summary>A campaign on the real broker with load workers as processes, and the folder it leaves.</summary>
internal sealed class RunningCampaign : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-runs-").FullName;
    private ResultFolder? _result;

    public ResultFolder Folder => _result ?? throw new InvalidOperationException("nothing was run yet");

    /// <summary>Where the nodes' data lay; empty when nothing was left behind.</summary>
    public string WorkFolder => Path.Combine(_folder, "work");

    public async Task<CampaignResult> Run(
        Experiment experiment, ISystemUnderTest? system = null, IRunObserver? observer = null, KafkaTools? tools = null,
        CancellationToken stop = default)
    {
        system ??= new TestbedEngine(Checkout.BrokerAssembly);
        Directory.CreateDirectory(WorkFolder);
        var campaign = await Campaign.Prepare(experiment, [], seed: 3, system, CancellationToken.None);
        var machine = await MachineProbe.Observe(WorkFolder, checkout: null);
        var folder = ResultFolder.Create(Path.Combine(_folder, "results"), CampaignFacts.Describe(campaign, machine, WorkFolder, "test"), machine);
        return await Measure(campaign, folder, system, observer, tools, stop);
    }

    /// <summary>Goes on with it as another process would, from what lies on disk.</summary>
    public async Task<CampaignResult> Resume(Experiment experiment)
    {
        var system = new TestbedEngine(Checkout.BrokerAssembly);
        var campaign = await Campaign.Prepare(experiment, [], seed: 3, system, CancellationToken.None);
        return await Measure(campaign, ResultFolder.Open(Folder.Path), system, observer: null, tools: null, CancellationToken.None);
    }

    private async Task<CampaignResult> Measure(
        Campaign campaign, ResultFolder folder, ISystemUnderTest system, IRunObserver? observer, KafkaTools? tools, CancellationToken stop)
    {
        _result = folder;
        WorkerProgram Worker(string command) => new(DotNetHost.Path, [typeof(CommandLine).Assembly.Location, command]);
        await using var hosts = await HostConnections.Open(campaign, stop);
        folder.WriteMachine(folder.Machine with { Hosts = hosts.Facts });
        var setup = new RunSetup(system, Worker("worker"), Worker("files"), WorkFolder, Path.Combine(folder.Path, "logs"), KeepData: false)
        {
            Hosts = hosts,
            Tools = tools ?? new(),
        };
        return await new CampaignRunner(setup, observer ?? new PlainProgress(TextWriter.Null)).Run(campaign, folder, stop);
    }

    /// <summary>A machine that runs other tests beside this one may be late with its counters: what they say is not what is asserted.</summary>
    public static void AssertMeasured(RunRow row) =>
        Assert.True(row.Sound || row.Reason.StartsWith("the counters were read", StringComparison.Ordinal), row.Reason);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
