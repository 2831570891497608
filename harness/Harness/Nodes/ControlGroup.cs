using System.Globalization;

namespace Harness.Nodes;

/// <summary>What a group of processes may use at most; null for all there is.</summary>
/// <param name="MemoryBytes">Memory and page cache together.</param>
/// <param name="Cores">CPU seconds per second: 0.5 is half of one core.</param>
internal sealed record ResourceLimits(long? MemoryBytes = null, double? Cores = null);

/// <summary>Processes whose memory, page cache included, and CPU time are bounded together.</summary>
/// <remarks>Pages are charged to whoever touches them first, so a broker's group holds what it wrote and what it read for others. CPU time is
/// handed out in slices of a tenth of a second: whoever has used up its share stands still until the next.</remarks>
internal sealed class ControlGroup : IDisposable
{
    private const long PeriodMicroseconds = 100_000;

    private readonly ResourceLimits _limits;
    private readonly ControlGroupFolder? _memory;
    private readonly ControlGroupFolder? _cpu;

    private ControlGroup(ResourceLimits limits, ControlGroupFolder? memory, ControlGroupFolder? cpu) => (_limits, _memory, _cpu) = (limits, memory, cpu);

    /// <summary>Files that a process writes its id to when it joins by itself.</summary>
    public IEnumerable<string> JoinFiles => Folders.Select(folder => folder.JoinFile).Distinct();

    private IEnumerable<ControlGroupFolder> Folders => new[] { _memory, _cpu }.OfType<ControlGroupFolder>();

    /// <summary>Makes the group. It bounds nothing before <see cref="Enforce"/>.</summary>
    /// <param name="name">What it is called beside this process's id.</param>
    /// <param name="limits">What it will hold its processes to.</param>
    /// <param name="purpose">Who wants it, for messages: <c>cluster.memoryLimit</c>.</param>
    /// <exception cref="NodeFailedException">It cannot be made here; the message says what it takes.</exception>
    public static ControlGroup Create(string name, ResourceLimits limits, string purpose)
    {
        var memory = limits.MemoryBytes is null ? null : ControlGroupFolder.Create("memory", name, purpose);
        try
        {
            return new ControlGroup(limits, memory, limits.Cores is null ? null : ControlGroupFolder.Create("cpu", name, purpose));
        }
        catch
        {
            memory?.Dispose();
            throw;
        }
    }

    /// <summary>Takes a process in that runs already; what it touches from now on counts.</summary>
    public void Add(int pid)
    {
        foreach (var folder in Folders) folder.Add(pid);
    }

    /// <summary>Puts the limits in force. Memory that is over them is given back at once: clean pages first.</summary>
    /// <exception cref="NodeFailedException">The processes need more than that.</exception>
    public void Enforce()
    {
        if (_memory is not null) _memory.Write(_memory.IsVersionOne ? "memory.limit_in_bytes" : "memory.max", Text(_limits.MemoryBytes!.Value));
        if (_cpu is null) return;

        var quota = Text((long)(_limits.Cores!.Value * PeriodMicroseconds));
        if (!_cpu.IsVersionOne)
        {
            _cpu.Write("cpu.max", $"{quota} {Text(PeriodMicroseconds)}");
            return;
        }

        _cpu.Write("cpu.cfs_period_us", Text(PeriodMicroseconds));
        _cpu.Write("cpu.cfs_quota_us", quota);
    }

    /// <summary>Removes the group once its processes have ended.</summary>
    public void Dispose()
    {
        foreach (var folder in Folders) folder.Dispose();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
