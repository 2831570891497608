namespace Harness.Results;

/// <summary>The machine as observed when the campaign ran: <c>machine.json</c>.</summary>
public sealed record MachineFacts
{
    public required string CpuModel { get; init; }

    /// <summary>Logical processors usable by the campaign.</summary>
    public required int Cores { get; init; }

    public required long MemoryBytes { get; init; }

    public required string Kernel { get; init; }

    /// <summary>Distribution name and version.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary><c>kvm</c>, <c>firecracker</c>, <c>none</c>; null when it could not be told.</summary>
    public string? Virtualization { get; init; }

    /// <summary>File system type of the data folder: <c>ext4</c>.</summary>
    public required string Filesystem { get; init; }

    public required string MountOptions { get; init; }

    /// <summary>Block device of the data folder and its write cache mode, where known.</summary>
    public string? DataDevice { get; init; }

    /// <summary>Runtime description: <c>.NET 10.0.12</c>.</summary>
    public required string Runtime { get; init; }

    /// <summary>GC, tiering and other runtime settings in force in the measured processes.</summary>
    public IReadOnlyDictionary<string, string> RuntimeSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Kernel settings that shape the result: dirty_ratio, read_ahead_kb, scheduler, governor, ….</summary>
    public IReadOnlyDictionary<string, string> KernelSettings { get; init; } = new Dictionary<string, string>();

    /// <summary>Commit of the measured code; empty outside a repository.</summary>
    public required string GitSha { get; init; }

    /// <summary>True when the working tree differed from <see cref="GitSha"/>.</summary>
    public required bool GitDirty { get; init; }

    /// <summary>Share of CPU time taken by the hypervisor over the whole campaign, 0 to 1; null until it ended.</summary>
    public double? StealShare { get; init; }

    /// <summary>Limits measured beside the campaign (device, network), name to figure with unit.</summary>
    public IReadOnlyDictionary<string, string> Calibration { get; init; } = new Dictionary<string, string>();

    /// <summary>The machines that nodes were on over ssh; empty where they were on this one.</summary>
    public IReadOnlyList<HostFacts> Hosts { get; init; } = [];

    /// <summary>Logical processors of this machine and of the hosts.</summary>
    public int AllCores => Cores + Hosts.Sum(host => host.Cores);

    /// <summary>One line for captions: <c>2 × Intel Xeon, 23 GiB, ext4, Linux 6.18</c>.</summary>
    public string Summary()
    {
        var memory = FormattableString.Invariant($"{MemoryBytes / (double)(1L << 30):0} GiB");
        var hosts = Hosts.Count == 0 ? "" : $"; nodes on {string.Join(", ", Hosts.Select(host => $"{host.Name} ({host.Cores} × {host.CpuModel})"))}";
        return string.Join(", ", new[] { $"{Cores} × {CpuModel}", memory, Filesystem, $"Linux {Kernel}", Runtime }.Where(part => part.Length > 0)) + hosts;
    }
}

/// <summary>A machine that nodes were on over ssh, as observed when the campaign began.</summary>
public sealed record HostFacts
{
    /// <summary>What the inventory calls it.</summary>
    public required string Name { get; init; }

    /// <summary>The address its nodes were reached by.</summary>
    public required string Address { get; init; }

    public required string CpuModel { get; init; }

    /// <summary>Logical processors.</summary>
    public required int Cores { get; init; }

    public required long MemoryBytes { get; init; }

    public required string Kernel { get; init; }

    public required string OperatingSystem { get; init; }

    /// <summary>File system type of its data folder.</summary>
    public required string Filesystem { get; init; }

    public required string MountOptions { get; init; }

    public required string DataDevice { get; init; }

    /// <summary>The runtimes there that can run the nodes.</summary>
    public required string Runtime { get; init; }

    /// <summary>A question over ssh and its answer, in milliseconds: what is read there is known to be of a moment within as much.</summary>
    public required double RoundTripMs { get; init; }

    /// <summary>What the machine is, in one line.</summary>
    public string Summary()
    {
        var memory = FormattableString.Invariant($"{MemoryBytes / (double)(1L << 30):0.#} GiB");
        return string.Join(", ", Address, $"{Cores} × {CpuModel}", memory, $"{OperatingSystem}, Linux {Kernel}", $"{DataDevice} {Filesystem} ({MountOptions})", Runtime);
    }
}
