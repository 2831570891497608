using Harness.Faults;
using Harness.Load;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Tests.Faults;
using Harness.Tests.Nodes;
using Harness.Tests.Plans;

namespace Harness.Tests.Runs;

/// <summary>Runs whose nodes are on three hosts over a real sshd, all of them this machine.</summary>
public sealed class HostsRunTests : IDisposable
{
    private readonly RunningCampaign _campaign = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-hosts-").FullName;

    public void Dispose()
    {
        _campaign.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [HostsFact]
    public async Task Run_NodeOnAHostIsKilledAndOnePaused_LosesNothingAndLeavesNothing()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        var plan = PlanOn(HostInventory.Read(sshd.Inventory()), "kill(node-2, at=500ms, back=500ms); pause(node-3, at=2s, for=300ms)");

        var result = await _campaign.Run(TestPlans.Of(plan));

        var row = Assert.Single(result.Folder.Runs);
        RunningCampaign.AssertMeasured(row);
        Assert.Equal((0, 0, 0, 0), (row.Lost, row.Duplicates, row.OutOfOrder, row.Corrupt));
        Assert.True(row.Acked > 0 && row.Verified >= row.Acked, $"{row.Verified} of {row.Acked} read back");
        Assert.Equal(2, result.Folder.ReadFaults(row).Count);
        Assert.Null(row.LoopbackBytes);
        var brokers = row.Role(ProcessRole.Brokers)!;
        Assert.True(brokers is { CpuSeconds: > 0, RssMaxBytes: > 1 << 20, ContextSwitches: > 0, WriteCalls: > 0 }, $"{brokers}");

        Assert.Equal(["a (127.0.0.1)", "b (127.0.0.1)", "c (127.0.0.1)"], result.Folder.Plan.Nodes.Select(node => node.Settings["harness.host"]));
        Assert.Equal(["a", "b", "c"], result.Folder.Machine.Hosts.Select(host => host.Name));
        Assert.Equal("node 1 on a (127.0.0.1), node 2 on b (127.0.0.1), node 3 on c (127.0.0.1)", result.Folder.Plan.Cluster["hosts"]);
        Assert.Contains("node 2 on b (127.0.0.1)", await File.ReadAllTextAsync(result.Folder.ReportPath), StringComparison.Ordinal);

        await sshd.AssertNothingLeft();
        Assert.Single(Directory.GetDirectories(sshd.Binaries));
        foreach (var host in (string[])["a", "b", "c"]) Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "data-" + host)));
    }

    [HostsFact]
    public async Task Run_StopsWhileItIsMeasured_LeavesNothingOnTheHosts()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        using var stop = new CancellationTokenSource();
        var plan = PlanOn(HostInventory.Read(sshd.Inventory()), "none");

        var result = await _campaign.Run(TestPlans.Of(plan), observer: new Interrupting(stop), stop: stop.Token);

        Assert.True(result.Interrupted);
        await sshd.AssertNothingLeft();
        foreach (var host in (string[])["a", "b", "c"]) Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "data-" + host)));
    }

    [HostsFact]
    public async Task Run_EtcdThatIsThereAlready_IsUsedAndLeftAsItWas()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        await using var store = await NodeStore.Start(_folder, network: null);
        var inventory = HostInventory.Read(sshd.Inventory()) with { Etcd = [store.Endpoint] };

        var result = await _campaign.Run(TestPlans.Of(PlanOn(inventory, "none")));

        RunningCampaign.AssertMeasured(Assert.Single(result.Folder.Runs));
        Assert.Contains($"endpoints={store.Endpoint}", result.Folder.Plan.Nodes[0].Settings["metadata"], StringComparison.Ordinal);
        using var http = new HttpClient();
        // All keys from the first: base64 of a zero byte.
        using var answer = await http.PostAsync(new Uri($"http://{store.Endpoint}/v3/kv/range"), new StringContent("""{"key":"AA==","range_end":"AA==","count_only":true}"""));
        Assert.DoesNotContain("count", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Plan PlanOn(HostInventory hosts, string faults) => new()
    {
        Cluster = new() { Nodes = 3, Replication = 3, MinInSync = 2, Hosts = hosts },
        Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 500, RecordSize = "100B" }, Drain = TimeSpan.FromSeconds(60) },
        Faults = FaultScript.Parse(faults),
        Schedule = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(3), 1),
    };

    /// <summary>Interrupts as soon as something is measured.</summary>
    private sealed class Interrupting(CancellationTokenSource stop) : IRunObserver
    {
        public void CampaignStarts(Campaign campaign, int runs, string folder)
        {
        }

        public void RunStarts(ScheduledRun run, int number, int total)
        {
        }

        public void Step(string what)
        {
            if (what == "measuring") stop.Cancel();
        }

        public void Second(LoadSecond second)
        {
        }

        public void RunEnds(RunRow row)
        {
        }
    }

    private sealed class HostsFactAttribute : FactAttribute
    {
        public HostsFactAttribute() => Skip = (LoopbackSshd.WhatIsMissing ?? FaultGround.WhatIsMissing(FaultNeeds.Store))!;
    }
}
