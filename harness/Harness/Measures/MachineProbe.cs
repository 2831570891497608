using System.Globalization;
using System.Runtime.InteropServices;
using Harness.Nodes;
using Harness.Results;

namespace Harness.Measures;

/// <summary>Finds out what the machine is, as observed and not as configured: without it no number can be compared.</summary>
internal static class MachineProbe
{
    /// <param name="dataFolder">Where the nodes will keep their data.</param>
    /// <param name="checkout">A folder inside the git checkout, or null when there is none.</param>
    public static async Task<MachineFacts> Observe(string dataFolder, string? checkout)
    {
        var volume = DataVolume.Of(dataFolder);
        var queue = QueueFolder(volume.Device);
        var (commit, dirty) = checkout is null ? ("", false) : await GitState(checkout);
        return new MachineFacts
        {
            CpuModel = CpuModelOf(File.ReadAllText("/proc/cpuinfo")),
            Cores = Environment.ProcessorCount,
            MemoryBytes = Kernel.Field(File.ReadAllText("/proc/meminfo"), "MemTotal") * 1024,
            Kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
            OperatingSystem = File.Exists("/etc/os-release") ? PrettyNameOf(File.ReadAllText("/etc/os-release")) : RuntimeInformation.OSDescription,
            Virtualization = (await Output.Of("systemd-detect-virt"))?.Trim(),
            Filesystem = volume.FileSystem,
            MountOptions = volume.Options,
            DataDevice = queue is null ? volume.Source : $"{volume.Source}, {ReadLine(queue + "/write_cache")} cache",
            Runtime = RuntimeInformation.FrameworkDescription,
            RuntimeSettings = RuntimeSettings(),
            KernelSettings = KernelSettings(queue),
            GitSha = commit,
            GitDirty = dirty,
        };
    }

    internal static string CpuModelOf(string cpuinfo) =>
        cpuinfo.Split('\n').FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>The distribution's name for itself in os-release(5).</summary>
    internal static string PrettyNameOf(string osRelease) =>
        osRelease.Split('\n').FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) is { } line
            ? line["PRETTY_NAME=".Length..].Trim('"')
            : RuntimeInformation.OSDescription;

    /// <summary>The soft limit in the line <c>Max open files  SOFT  HARD  files</c> of <c>/proc/self/limits</c>.</summary>
    internal static string OpenFileLimitOf(string limits)
    {
        const string name = "Max open files";
        var line = limits.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal));
        return line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
    }

    private static Dictionary<string, string> RuntimeSettings()
    {
        var settings = new Dictionary<string, string>
        {
            ["server GC"] = System.Runtime.GCSettings.IsServerGC ? "yes" : "no",
            ["processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        };
        // Whatever the environment changes about the runtime, nodes inherit.
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (variable is { Key: string name, Value: string value } && IsRuntimeKnob(name)) settings[name] = value;
        return settings;
    }

    private static bool IsRuntimeKnob(string name) =>
        (name.StartsWith("DOTNET_", StringComparison.Ordinal) || name.StartsWith("COMPlus_", StringComparison.Ordinal))
        && !name.StartsWith("DOTNET_CLI", StringComparison.Ordinal) && !name.Contains("HOST", StringComparison.Ordinal)
        && !name.Contains("ROOT", StringComparison.Ordinal) && !name.Contains("LOGO", StringComparison.Ordinal);

    private static Dictionary<string, string> KernelSettings(string? queue)
    {
        var settings = Directory.EnumerateFiles("/proc/sys/vm", "dirty*").Order(StringComparer.Ordinal)
            .ToDictionary(file => "vm." + Path.GetFileName(file), ReadLine);
        settings["tcp_congestion_control"] = ReadLine("/proc/sys/net/ipv4/tcp_congestion_control");
        settings["open files"] = OpenFileLimitOf(File.ReadAllText("/proc/self/limits"));
        if (queue is not null)
        {
            settings["read_ahead_kb"] = ReadLine(queue + "/read_ahead_kb");
            settings["scheduler"] = ReadLine(queue + "/scheduler");
        }

        return settings;
    }

    /// <summary>Where the kernel describes the device's queue; a partition's is its disk's, one folder up.</summary>
    private static string? QueueFolder(DeviceNumber device)
    {
        var folder = $"/sys/dev/block/{device.Major}:{device.Minor}";
        string[] candidates = [folder + "/queue", folder + "/../queue"];
        return candidates.FirstOrDefault(Directory.Exists);
    }

    private static string ReadLine(string file) => File.Exists(file) ? File.ReadAllText(file).Trim() : "unknown";

    private static async Task<(string Commit, bool Dirty)> GitState(string checkout)
    {
        var commit = await Output.Of("git", "-C", checkout, "rev-parse", "HEAD");
        var changes = await Output.Of("git", "-C", checkout, "status", "--porcelain");
        return (commit?.Trim() ?? "", changes is { Length: > 0 });
    }
}
