using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Harness.Nodes;

namespace Harness.Tests.Nodes;

/// <summary>A test over real ssh; skipped only where its server or client is not installed.</summary>
public sealed class SshFactAttribute : FactAttribute
{
    public SshFactAttribute() => Skip = LoopbackSshd.WhatIsMissing!;
}

/// <summary>The same for a test with data.</summary>
public sealed class SshTheoryAttribute : TheoryAttribute
{
    public SshTheoryAttribute() => Skip = LoopbackSshd.WhatIsMissing!;
}

/// <summary>An sshd of a test's own on a free port of the loopback, with its own keys, and an inventory by which it is three hosts.</summary>
internal sealed class LoopbackSshd : IAsyncDisposable
{
    private const string Program = "/usr/sbin/sshd";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly NodeProcess _process;

    private LoopbackSshd(string folder, int port, NodeProcess process) => (Folder, Port, _process) = (folder, port, process);

    public static string? WhatIsMissing { get; } = !File.Exists(Program) ? "there is no sshd (Debian: openssh-server)"
        : Task.Run(() => Output.Of("ssh", "-V")).Result is null ? "there is no ssh (Debian: openssh-client)"
        : null;

    public string Folder { get; }

    public int Port { get; }

    /// <summary>Where programs are copied to by all three hosts.</summary>
    public string Binaries => Path.Combine(Folder, "binaries");

    /// <summary>What sshd said so far.</summary>
    public string Log => _process.LogTail;

    /// <param name="folder">Gets keys, configuration and log.</param>
    /// <param name="knowsHost">Whether the client trusts the server's key.</param>
    public static async Task<LoopbackSshd> Start(string folder, bool knowsHost = true)
    {
        // sshd wants its folder for separated privileges, which the service's start would make.
        if (Environment.UserName == "root") Directory.CreateDirectory("/run/sshd");
        var port = FreePort();
        await Key("host");
        await Key("user");
        await File.WriteAllTextAsync(In("sshd_config"),
            $"""
            Port {port}
            ListenAddress 127.0.0.1
            HostKey {In("host")}
            AuthorizedKeysFile {In("user.pub")}
            PidFile none
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            PermitRootLogin yes
            Subsystem sftp internal-sftp

            """);
        var hostKey = (await File.ReadAllTextAsync(In("host.pub"))).Trim();
        await File.WriteAllTextAsync(In("known_hosts"), knowsHost ? $"[127.0.0.1]:{port} {hostKey}\n" : "");
        await File.WriteAllTextAsync(In("ssh_config"),
            $"""
            Host *
              IdentityFile {In("user")}
              IdentitiesOnly yes
              UserKnownHostsFile {In("known_hosts")}
              GlobalKnownHostsFile /dev/null
              StrictHostKeyChecking yes

            """);
        var process = NodeProcess.Start(new NodeCommand("sshd", Program, ["-D", "-e", "-f", In("sshd_config")], In("sshd.log")));
        var sshd = new LoopbackSshd(folder, port, process);
        await sshd.WaitUntilItListens();
        return sshd;

        string In(string name) => Path.Combine(folder, name);

        async Task Key(string name) => Assert.NotNull(await Output.Of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", In(name)));
    }

    /// <summary>Writes an inventory of three hosts.</summary>
    /// <returns>Its path.</returns>
    public string Inventory()
    {
        var file = Path.Combine(Folder, "hosts");
        var hosts = ((string[])["a", "b", "c"]).Select(name => string.Create(CultureInfo.InvariantCulture,
            $"{name} {Environment.UserName}@127.0.0.1:{Port} address=127.0.0.1 data={Folder}/data-{name} binaries={Binaries} dotnet={DotNetHost.Path}"));
        File.WriteAllLines(file, ["# all of them this machine", "ssh-config ssh_config", .. hosts]);
        return file;
    }

    /// <summary>Kills the server's end of every connection.</summary>
    public void DropConnections()
    {
        var children = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Pid}/task/{_process.Pid}/children"));
        foreach (var child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            using var session = Process.GetProcessById(int.Parse(child, CultureInfo.InvariantCulture));
            session.Kill();
        }
    }

    /// <summary>The processes whose command line names this folder, but sshd itself: nodes, and their watchers.</summary>
    public IReadOnlyList<int> Leftovers() =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => char.IsAsciiDigit(name![0])).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(pid => pid != _process.Pid && CommandOf(pid) is { } command && (command.Contains(Folder + "/data-", StringComparison.Ordinal) || command.Contains(Binaries, StringComparison.Ordinal))),
    ];

    /// <summary>Waits until nothing is left.</summary>
    public async Task AssertNothingLeft()
    {
        var clock = Stopwatch.StartNew();
        while (Leftovers() is { Count: > 0 } left)
        {
            Assert.True(clock.Elapsed < Patience, $"left: {string.Join(", ", left.Select(CommandOf))}");
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A session is a process of its own and outlives the listener.
        await _process.Stop(TimeSpan.FromSeconds(20));
        await _process.DisposeAsync();
    }

    private async Task WaitUntilItListens()
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, Port);
                return;
            }
            catch (SocketException)
            {
                Assert.True(!_process.HasExited && clock.Elapsed < Patience, Log);
            }
        }
    }

    private static string? CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cmdline")).Replace('\0', ' ');
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
