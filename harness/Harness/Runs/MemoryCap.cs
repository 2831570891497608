using System.Globalization;

namespace Harness.Runs;

/// <summary>A control group that bounds what processes use of memory and page cache together.</summary>
/// <remarks>Pages are charged to whoever touches them first, so a broker's group holds what it wrote and what it read for others.
/// Version 1 and 2 of the kernel's interface: Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.</remarks>
internal sealed class MemoryCap : IDisposable
{
    private const string VersionOne = "/sys/fs/cgroup/memory";
    private const string VersionTwo = "/sys/fs/cgroup";

    private static readonly TimeSpan EmptyPatience = TimeSpan.FromSeconds(5);

    private readonly string _folder;
    private readonly string _limitFile;
    private readonly long _limitBytes;

    private MemoryCap(string folder, string limitFile, long limitBytes) => (_folder, _limitFile, _limitBytes) = (folder, limitFile, limitBytes);

    /// <summary>Makes the group. It bounds nothing before <see cref="Enforce"/>.</summary>
    /// <exception cref="RunFailedException">It cannot be made here; the message says what it takes.</exception>
    public static MemoryCap Create(string name, long limitBytes)
    {
        var isOne = Directory.Exists(VersionOne);
        var folder = Path.Combine(isOne ? VersionOne : VersionTwo, $"testbed-{Environment.ProcessId}-{name}");
        try
        {
            Directory.CreateDirectory(folder);
            var cap = new MemoryCap(folder, Path.Combine(folder, isOne ? "memory.limit_in_bytes" : "memory.max"), limitBytes);
            if (File.Exists(cap._limitFile)) return cap;

            cap.Dispose();
            throw new RunFailedException("cluster.memoryLimit needs the kernel's memory controller, which is not enabled here.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"cluster.memoryLimit needs a control group, which only root may make ({error.Message}): run as root or leave it at none.");
        }
    }

    /// <summary>Takes a process in; what it touches from now on counts.</summary>
    public void Add(int pid) => Write(Path.Combine(_folder, "cgroup.procs"), pid);

    /// <summary>Puts the limit in force. What is over it is given back at once: clean pages first.</summary>
    /// <exception cref="RunFailedException">The processes need more than that.</exception>
    public void Enforce() => Write(_limitFile, _limitBytes);

    /// <summary>Removes the group once its processes have ended.</summary>
    public void Dispose()
    {
        for (var until = DateTime.UtcNow + EmptyPatience; ; Thread.Sleep(50))
        {
            try
            {
                Directory.Delete(_folder);
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its processes are still ending; a group that stays behind is empty and bounds nobody.
                if (DateTime.UtcNow > until) return;
            }
        }
    }

    private static void Write(string file, long value)
    {
        try
        {
            File.WriteAllText(file, value.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"cluster.memoryLimit: {file} does not take {value}: {error.Message}");
        }
    }
}
