using Harness.Plans;

namespace Harness.Tests.Plans;

public sealed class HostInventoryTests : IDisposable
{
    private const string Host = "a tb@10.0.0.1:2222 address=10.0.0.1 data=/mnt/data/ binaries=/opt/bin";

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-inventory-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Parse_HostsEtcdAndComments_AreRead()
    {
        var inventory = HostInventory.Parse("/etc/hosts", ["# three", "", Host, "b other address=10.0.0.2 data=/d binaries=/b dotnet=/opt/dotnet/dotnet # fast", "etcd 10.0.0.9:2379 10.0.0.8:2379", "ssh-config mine"]);

        Assert.Equal(new InventoryHost("a", "tb@10.0.0.1", 2222, "10.0.0.1", "/mnt/data", "/opt/bin", "dotnet"), inventory.Hosts[0]);
        Assert.Equal(new InventoryHost("b", "other", null, "10.0.0.2", "/d", "/b", "/opt/dotnet/dotnet"), inventory.Hosts[1]);
        Assert.Equal(["10.0.0.9:2379", "10.0.0.8:2379"], inventory.Etcd);
        Assert.Equal("/etc/mine", inventory.SshConfig);
        Assert.Equal(["a", "b", "a"], Enumerable.Range(1, 3).Select(node => inventory.HostOf(node).Name));
    }

    [Theory]
    [InlineData("a", "line 2: write an ssh address behind the name a, such as tb@10.0.0.1 or tb@10.0.0.1:22")]
    [InlineData("a address=10.0.0.1", "line 2: write an ssh address behind the name a")]
    [InlineData("a -oProxyCommand=x address=10.0.0.1", "line 2: write an ssh address")]
    [InlineData("a -x address=10.0.0.1 data=/d binaries=/b", "line 2: '-x' is no ssh address: write [user@]host[:port]")]
    [InlineData("a h:0 address=10.0.0.1 data=/d binaries=/b", "line 2: 'h:0' has no port from 1 to 65535 behind the colon")]
    [InlineData("a h address=10.0.0.1 dta=/d", "line 2: there is no setting 'dta' of a host: write address, data, binaries, dotnet")]
    [InlineData("a h data=/d binaries=/b", "line 2: the host a has no address: write address=VALUE")]
    [InlineData("a h address=localhost data=/d binaries=/b", "line 2: address=localhost: write an IPv4 address such as 10.0.0.1")]
    [InlineData("a h address=10.0.0.1 data=d binaries=/b", "line 2: data=d: write the whole path of a folder")]
    [InlineData("a h address=10.0.0.1 data=/ binaries=/b", "line 2: data=/: write the whole path of a folder")]
    [InlineData("a h address=10.0.0.1 data=/d;x binaries=/b", "line 2: data=/d;x: write the whole path of a folder")]
    [InlineData("a h address=10.0.0.1 address=10.0.0.2", "line 2: write address=VALUE once")]
    [InlineData("etcd 10.0.0.9", "line 2: write the endpoints of the etcd behind it, such as etcd 10.0.0.9:2379")]
    [InlineData("# nothing", "the inventory names no host: write a line such as")]
    public void Parse_LineThatIsWrong_SaysWhichAndWhatIsAllowed(string line, string problem) =>
        Assert.StartsWith(problem, Assert.Throws<FormatException>(() => HostInventory.Parse("/etc/hosts", ["", line])).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_SameNameTwice_IsRefused() =>
        Assert.Equal("line 2: the host a is there already", Assert.Throws<FormatException>(() => HostInventory.Parse("h", [Host, Host])).Message);

    [Fact]
    public void Override_FileThatIsNotThere_IsOneLine()
    {
        var error = Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], "cluster.hosts=/no/such/file"));

        Assert.StartsWith("cluster.hosts=/no/such/file: the inventory cannot be read: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("cluster.memory=1GiB", "cluster.memory bounds processes of this machine")]
    [InlineData("cluster.cpus=0", "cluster.cpus bounds processes of this machine")]
    [InlineData("cluster.data=tmpfs", "cluster.data=tmpfs is this machine's")]
    [InlineData("metadata=embedded", "cluster.hosts sets the strategy of the metadata seam itself")]
    [InlineData("faults=power-loss(leader, at=1s, back=1s)", "takes networks, disks or a tracer of this machine: on hosts there are kill, pause and restart.")]
    [InlineData("faults=cut(leader, at=1s, for=1s)", "on hosts there are kill, pause and restart.")]
    [InlineData("load.countCalls=true", "load.countCalls counts calls of this machine's processes")]
    [InlineData("load.beside=spin", "load.beside keeps this machine busy")]
    [InlineData("load.backlog=1GiB", "cold records cannot be had on hosts")]
    public async Task Prepare_WhatHostsDoNotHave_IsRefusedBeforeAnythingStarts(string setting, string problem)
    {
        var file = Path.Combine(_folder, "hosts");
        await File.WriteAllTextAsync(file, Host);
        string[] overrides = [$"cluster.hosts={file}", setting];

        Assert.Single((await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce with { Vary = [] }), overrides: overrides[..1])).Cells);
        var error = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(TestPlans.Of(TestPlans.Produce with { Vary = [] }), overrides: overrides));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }
}
