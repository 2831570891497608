using System.Diagnostics;
using Harness.Faults;
using Harness.Nodes;
using Harness.Tests.Faults;

namespace Harness.Tests.Nodes;

public sealed class NodeNetworkTests
{
    [FaultsFact(FaultNeeds.Network)]
    public async Task Cut_AndRestore_EachDirectionAndEachCutOfItsOwn()
    {
        await using var network = await NodeNetwork.Create(2);
        Assert.Equal((0, 1, 2, -1), (network.NodeAt(network.AddressOf(0)), network.NodeAt(network.AddressOf(1)), network.NodeAt(network.AddressOf(2)), network.NodeAt("127.0.0.1")));

        await network.Cut(1, 2);
        await network.Cut(1, 2);
        Assert.Contains("PERMANENT", await NeighboursOf(network, 1), StringComparison.Ordinal);
        Assert.DoesNotContain("PERMANENT", await NeighboursOf(network, 2), StringComparison.Ordinal);

        await network.Restore(1, 2);
        Assert.Contains("PERMANENT", await NeighboursOf(network, 1), StringComparison.Ordinal);
        await network.Restore(1, 2);
        Assert.DoesNotContain("PERMANENT", await NeighboursOf(network, 1), StringComparison.Ordinal);
    }

    [FaultsFact(FaultNeeds.Network)]
    public async Task Create_TwoAtOnce_AreApartAndLeaveNothing()
    {
        string[] spaces;
        await using (var first = await NodeNetwork.Create(1))
        await using (var second = await NodeNetwork.Create(1))
        {
            Assert.NotEqual(first.AddressOf(1), second.AddressOf(1));
            spaces = [first.NamespaceOf(1), second.NamespaceOf(1)];
            Assert.All(spaces, space => Assert.True(File.Exists(space)));
        }

        Assert.All(spaces, space => Assert.False(File.Exists(space)));
    }

    [FaultsFact(FaultNeeds.Network)]
    public async Task ReleaseOrphans_OneOfADeadProcessAndOneInUse_TakesOnlyTheFormer()
    {
        using var dead = Process.Start(new ProcessStartInfo("true"))!;
        await dead.WaitForExitAsync();
        await using var used = await NodeNetwork.Create(1);
        await using var orphan = await NodeNetwork.Create(1);
        var bridge = Path.GetFileName(orphan.NamespaceOf(1))[..^"-1".Length];
        Assert.NotNull(await Output.Of("ip", "link", "set", bridge, "alias", $"testbed-{dead.Id}"));

        await NodeNetwork.ReleaseOrphans();

        Assert.False(Directory.Exists("/sys/class/net/" + bridge));
        Assert.Equal((false, true), (File.Exists(orphan.NamespaceOf(1)), File.Exists(used.NamespaceOf(1))));
    }

    private static async Task<string> NeighboursOf(NodeNetwork network, int node) =>
        await Output.Of("ip", "-n", Path.GetFileName(network.NamespaceOf(node)), "neigh") ?? "ip failed";
}
