using System.Diagnostics;
using System.Globalization;
using Harness.Nodes;
using Harness.Tests.Nodes;
using Harness.Tests.Results;

namespace Harness.Tests.Cli;

/// <summary>The command with nodes on hosts: what it says when it cannot, and what is left when it is ended from outside.</summary>
public sealed class HostsCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_NoSsh_SaysInOneLineWhatToInstall()
    {
        var inventory = Path.Combine(_folder.Path, "hosts");
        await File.WriteAllTextAsync(inventory, "a 127.0.0.1 address=127.0.0.1 data=/d binaries=/b");
        var start = StartOf(inventory);
        start.Environment["PATH"] = _folder.Path;

        using var command = Process.Start(start)!;
        var errors = await command.StandardError.ReadToEndAsync();
        await command.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal((1, "cluster.hosts needs ssh and scp (Debian: openssh-client)"), (command.ExitCode, errors.Trim()));
        Assert.Equal([inventory], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [SshFact]
    public async Task Run_NobodyListens_SaysInOneLineWhichHostAndWhy()
    {
        string inventory;
        await using (var sshd = await LoopbackSshd.Start(_folder.Path)) inventory = sshd.Inventory();

        using var command = Process.Start(StartOf(inventory))!;
        var errors = await command.StandardError.ReadToEndAsync();
        await command.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal(1, command.ExitCode);
        Assert.StartsWith("the host a (", errors, StringComparison.Ordinal);
        Assert.Contains(" cannot be reached: ssh: connect to host 127.0.0.1", errors, StringComparison.Ordinal);
        Assert.Single(errors.Trim().Split('\n'));
    }

    [SshTheory]
    [InlineData("INT")]
    [InlineData("KILL")]
    public async Task Run_EndedFromOutside_LeavesNoProcessOnTheHosts(string signal)
    {
        await using var sshd = await LoopbackSshd.Start(_folder.Path);
        var start = StartOf(sshd.Inventory());
        // As the leader of a group, to which a terminal sends its Ctrl-C, and not deaf to it as what a shell runs in the background is.
        (start.FileName, string[] command) = ("setsid", ["env", "--default-signal=INT", DotNetHost.Path, .. start.ArgumentList]);
        start.ArgumentList.Clear();
        foreach (var argument in command) start.ArgumentList.Add(argument);

        // What is killed leaves its folder for temporary files.
        start.Environment["TMPDIR"] = Directory.CreateDirectory(Path.Combine(_folder.Path, "tmp")).FullName;
        using var campaign = Process.Start(start)!;
        var errors = campaign.StandardError.ReadToEndAsync();
        var output = campaign.StandardOutput.ReadToEndAsync();
        // Once they write their files there, nodes run.
        for (var clock = Stopwatch.StartNew(); !((string[])["a", "b", "c"]).All(HasFiles); await Task.Delay(20))
            Assert.True(!campaign.HasExited && clock.Elapsed < Patience, campaign.HasExited ? await output + await errors : "the nodes never began");
        using (var kill = Process.Start("kill", ["-" + signal, "--", (-campaign.Id).ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await campaign.WaitForExitAsync().WaitAsync(Patience);

        Assert.Equal(signal == "INT" ? 130 : 137, campaign.ExitCode);
        await sshd.AssertNothingLeft();
        if (signal != "INT") return;

        foreach (var host in (string[])["a", "b", "c"]) Assert.Empty(Directory.EnumerateFileSystemEntries(DataOf(host)));
    }

    private bool HasFiles(string host) => Directory.Exists(DataOf(host)) && Directory.EnumerateFiles(DataOf(host), "*", SearchOption.AllDirectories).Any();

    private string DataOf(string host) => Path.Combine(_folder.Path, "data-" + host);

    private ProcessStartInfo StartOf(string inventory) => new(DotNetHost.Path,
    [
        typeof(Harness.Cli.CommandLine).Assembly.Location, "run", "E02", "--repeat", "1", "--set", "flush=os-cache", "--set", $"cluster.hosts={inventory}",
        "--set", "load.recordsPerSecond=1000", "--set", "schedule.warmup=100ms", "--set", "schedule.measure=60s", "--set", "calibrate=false",
        "--out", Path.Combine(_folder.Path, "out"), "--data", Path.Combine(_folder.Path, "work"),
    ])
    { RedirectStandardOutput = true, RedirectStandardError = true };
}
