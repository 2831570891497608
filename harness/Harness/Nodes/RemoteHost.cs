using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Harness.Measures;
using Harness.Plans;
using Harness.Results;

namespace Harness.Nodes;

/// <summary>A host of an inventory, reached with the system's <c>ssh</c> and <c>scp</c> by one connection that all sessions share.</summary>
/// <remarks>
/// Nothing there outlives the connection: a node sees its input end and stops, and a watcher beside it lets one that stands still go on
/// and kills one that has not ended 10 s later. The connection is never quiet, as it is asked for counters, so that either end
/// finds out that the other is gone. What ssh asks before it trusts a host, and with which key it comes, is the user's own configuration.
/// </remarks>
internal sealed class RemoteHost : INodeHost, IAsyncDisposable
{
    private const string UntilInputEnds =
        """
        echo "pid $$"
        exec 3<&0
        { while read -r _ <&3; do :; done
          runs() { read -r _ _ _ parent _ </proc/self/stat; [ "$parent" = $$ ]; }
          runs && kill -CONT $$ && sleep 10 && runs && kill -KILL $$
        } >/dev/null 2>&1 &
        exec "$@" 3<&-
        """;

    // A terminal's Ctrl-C is for the harness, which still needs the connection to stop nodes in order.
    private static readonly string[] OutOfReach = ["setsid"];

    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CopyDeadline = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RemoveDeadline = TimeSpan.FromMinutes(1);

    private readonly InventoryHost _host;
    private readonly IReadOnlyList<string> _options;
    private readonly RemoteShell _shell;
    private readonly Dictionary<string, string> _deployed = [];
    private readonly SemaphoreSlim _deploying = new(1);

    private RemoteHost(InventoryHost host, IReadOnlyList<string> options, RemoteShell shell) => (_host, _options, _shell) = (host, options, shell);

    public string? Name => _host.Name;

    public string DotNet => _host.DotNet;

    public bool TellsPid => true;

    /// <summary>Where its nodes are reached.</summary>
    public string Address => _host.Address;

    /// <summary>The device under its data folder, once it was looked at; null where there is none.</summary>
    public DeviceNumber? Device { get; private set; }

    /// <summary>Connects and makes sure that a node can be started there.</summary>
    /// <param name="host">The host.</param>
    /// <param name="sshConfig">Instead of the user's configuration; null: that.</param>
    /// <param name="controlSocket">The socket by which sessions join the connection; sun_path leaves it some 80 characters.</param>
    /// <param name="logFile">Gets what ssh says.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="NodeFailedException">It cannot be reached or has no runtime; the message says why, in one line where ssh does.</exception>
    public static async Task<RemoteHost> Connect(InventoryHost host, string? sshConfig, string controlSocket, string logFile, CancellationToken stop)
    {
        List<string> options =
        [
            "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3",
            "-o", $"ControlPath={controlSocket}", "-o", "ControlPersist=no", "-o", "LogLevel=ERROR",
        ];
        if (sshConfig is not null) options.InsertRange(0, ["-F", sshConfig]);
        if (host.Port is { } port) options.AddRange(["-o", string.Create(CultureInfo.InvariantCulture, $"Port={port}")]);
        IReadOnlyList<string> program = [.. OutOfReach, "ssh", .. options, "-o", "ControlMaster=yes", "-T", host.Target, "exec sh"];
        var shell = new RemoteShell($"the host {host.Name} ({host.Target})", program, logFile);
        var connected = new RemoteHost(host, options, shell);
        try
        {
            await shell.Run(":", ConnectDeadline, stop);
            await connected.CheckRuntime(stop);
            await connected.CheckFolder(host.Data, stop);
            await connected.CheckFolder(host.Binaries, stop);
            return connected;
        }
        catch
        {
            await connected.DisposeAsync();
            throw;
        }
    }

    public async Task<string> Deploy(string folder, CancellationToken stop)
    {
        await _deploying.WaitAsync(stop);
        try
        {
            return _deployed.TryGetValue(folder, out var there) ? there : _deployed[folder] = await Bring(folder, stop);
        }
        finally
        {
            _deploying.Release();
        }
    }

    public ProcessStartInfo StartOf(NodeCommand command)
    {
        var environment = command.Environment.Select(variable => $"{variable.Key}={variable.Value}").ToList();
        IEnumerable<string> line =
        [
            "exec", "sh", "-c", UntilInputEnds, "sh", .. environment.Count > 0 ? environment.Prepend("env") : [],
            .. command.Launcher, command.Program, .. command.Arguments,
        ];
        return Session(string.Join(' ', line.Select(Quoted)));
    }

    public async Task Send(int pid, Signal signal)
    {
        try
        {
            // One that is gone is left alone, as it is here.
            await _shell.Try(string.Create(CultureInfo.InvariantCulture, $"kill -{(int)signal} {pid}"), AnswerDeadline);
        }
        catch (NodeFailedException) when (_shell.IsLost)
        {
            // Then the session is over as well, and whoever looks after the process finds it so.
        }
    }

    /// <summary>The texts of files by their paths; what is not there, or empty, is left out, and so is all when the connection is lost.</summary>
    /// <param name="paths">Paths as a shell expands them.</param>
    /// <param name="lines">What a line must match, as grep -E understands it; empty for all lines.</param>
    public async Task<IReadOnlyDictionary<string, string>> Read(IEnumerable<string> paths, string lines = "")
    {
        var texts = new Dictionary<string, StringBuilder>();
        try
        {
            // Each line comes with the name of its file and a zero byte before it.
            var (_, output) = await _shell.Try($"grep -EsaHZ '{lines}' {string.Join(' ', paths)}", AnswerDeadline);
            foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                var end = line.IndexOf('\0', StringComparison.Ordinal);
                if (end < 0) continue;

                var name = line[..end];
                if (!texts.TryGetValue(name, out var text)) texts[name] = text = new StringBuilder();
                text.Append(line, end + 1, line.Length - end - 1).Append('\n');
            }
        }
        catch (NodeFailedException) when (_shell.IsLost)
        {
            // Its nodes end with the connection, which is what the run is told.
        }

        return texts.ToDictionary(text => text.Key, text => text.Value.ToString());
    }

    /// <summary>Bytes an ordinary user may still write under the data folder.</summary>
    public async Task<long> FreeBytes(CancellationToken stop)
    {
        // POSIX: a line of headings, then device, blocks of 1024, used, available.
        var output = await _shell.Run($"df -Pk {_host.Data}", AnswerDeadline, stop);
        return long.Parse(output.TrimEnd().Split('\n')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>A folder under the data folder.</summary>
    public string DataFolder(string name) => $"{_host.Data}/{name}";

    /// <summary>Writes back what is dirty on the file system of the data folder.</summary>
    public Task WriteBack(CancellationToken stop) => _shell.Run($"sync -f {_host.Data}", RemoveDeadline, stop);

    /// <summary>Removes a folder under the data folder, and the campaign's with the last of its runs; nothing when the connection is lost.</summary>
    public async Task Remove(string campaign, string run)
    {
        if (!_shell.IsLost) await _shell.Run($"rm -rf {DataFolder(campaign)}/{run}; rmdir {DataFolder(campaign)} || :", RemoveDeadline);
    }

    /// <summary>What the machine is.</summary>
    /// <exception cref="NodeFailedException">The connection is lost.</exception>
    public async Task<HostFacts> Observe(CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        await _shell.Run(":", AnswerDeadline, stop);
        var roundTrip = clock.Elapsed;
        var runtimes = await _shell.Run($"{_host.DotNet} --list-runtimes", AnswerDeadline, stop);
        var cores = await _shell.Run("getconf _NPROCESSORS_ONLN", AnswerDeadline, stop);
        var texts = await Read(["/proc/cpuinfo", "/proc/meminfo", "/proc/sys/kernel/osrelease", "/etc/os-release", "/proc/self/mountinfo"]);
        var volume = DataVolume.Of(_host.Data, texts["/proc/self/mountinfo"]);
        Device = volume.Device.Major > 0 ? volume.Device : null;
        return new HostFacts
        {
            Name = _host.Name,
            Address = _host.Address,
            CpuModel = MachineProbe.CpuModelOf(texts["/proc/cpuinfo"]),
            Cores = int.Parse(cores, CultureInfo.InvariantCulture),
            MemoryBytes = Kernel.Field(texts["/proc/meminfo"], "MemTotal") * 1024,
            Kernel = texts["/proc/sys/kernel/osrelease"].Trim(),
            OperatingSystem = texts.TryGetValue("/etc/os-release", out var release) ? MachineProbe.PrettyNameOf(release) : "Linux",
            Filesystem = volume.FileSystem,
            MountOptions = volume.Options,
            DataDevice = volume.Source,
            Runtime = string.Join(", ", RuntimesIn(runtimes)),
            RoundTripMs = Math.Round(roundTrip.TotalMilliseconds, 2),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _shell.DisposeAsync();
        _deploying.Dispose();
    }

    private static IEnumerable<string> RuntimesIn(string list) => list.Split('\n')
        .Select(line => line.Split(' '))
        .Where(words => words is ["Microsoft.NETCore.App", _, ..] && words[1].StartsWith($"{Environment.Version.Major}.", StringComparison.Ordinal))
        .Select(words => $".NET {words[1]}");

    private static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The name of a folder by what is in it: <c>NAME-HASH</c>.</summary>
    private static string NameByContent(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(Path.GetRelativePath(folder, file)));
            hash.AppendData([0]);
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }

        return $"testbed-{Convert.ToHexStringLower(hash.GetHashAndReset())[..16]}";
    }

    private async Task CheckRuntime(CancellationToken stop)
    {
        var (exitCode, output) = await _shell.Try($"{_host.DotNet} --list-runtimes", AnswerDeadline, stop);
        if (exitCode == 0 && RuntimesIn(output).Any()) return;

        throw new NodeFailedException($"{_shell.Name} has no .NET {Environment.Version.Major} runtime as '{_host.DotNet}': "
            + "install it there, or write dotnet=/path/of/dotnet behind the host.");
    }

    private async Task CheckFolder(string folder, CancellationToken stop)
    {
        var (exitCode, output) = await _shell.Try($"mkdir -p {folder} && [ -w {folder} ]", AnswerDeadline, stop);
        if (exitCode != 0) throw new NodeFailedException($"{_shell.Name}: {folder} cannot be written there: {(output.Length > 0 ? output.Trim() : "permission denied")}");
    }

    private async Task<string> Bring(string folder, CancellationToken stop)
    {
        var there = $"{_host.Binaries}/{NameByContent(folder)}";
        if ((await _shell.Try($"[ -d {there} ]", AnswerDeadline, stop)).ExitCode == 0) return there;

        // It gets its name when it is whole, which another campaign may see to first.
        var partial = $"{there}.{Guid.NewGuid():N}";
        string[] copy = [.. OutOfReach, "scp", "-q", "-r", .. _options, "-o", "ControlMaster=no", folder, $"{_host.Target}:{partial}"];
        var (exitCode, _, errors) = await Output.Of(new NodeCommand($"copying to {_shell.Name}", copy[0], copy[1..], ""), CopyDeadline, stop);
        if (exitCode != 0)
        {
            await _shell.Try($"rm -rf {partial}", RemoveDeadline, CancellationToken.None);
            throw new NodeFailedException($"{_shell.Name}: the programs could not be copied to {_host.Binaries}: {errors.Trim()}");
        }

        await _shell.Run($"mv -T {partial} {there} 2>/dev/null || {{ rm -rf {partial}; [ -d {there} ]; }}", RemoveDeadline, stop);
        return there;
    }

    private ProcessStartInfo Session(string command) =>
        new(OutOfReach[0], [.. OutOfReach[1..], "ssh", .. _options, "-o", "ControlMaster=no", "-T", _host.Target, command]);
}
