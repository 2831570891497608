namespace Engine.Tests.Interop.Processes;

/// <summary>A folder of its own that goes when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Memory = "/dev/shm";
    private const string MemoryPrefix = Memory + "/testbed-interop-";
    private const long RoomBytes = 1L << 30;

    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("testbed-interop-").FullName;

    private TemporaryFolder(string path) => Path = Directory.CreateDirectory(path).FullName;

    /// <summary>One in memory, where there is plenty, for what need not outlive the machine: a sync costs nothing there.</summary>
    public static TemporaryFolder InMemory()
    {
        if (!Directory.Exists(Memory) || new DriveInfo(Memory).AvailableFreeSpace < RoomBytes) return new();

        // What a process leaves there that is killed takes memory until the machine ends.
        foreach (var left in Directory.GetDirectories(Memory, System.IO.Path.GetFileName(MemoryPrefix) + "*"))
            if (!Directory.Exists($"/proc/{left[MemoryPrefix.Length..].Split('-')[0]}")) Remove(left);
        return new($"{MemoryPrefix}{Environment.ProcessId}-{Guid.NewGuid():N}");
    }

    // Others may be at it at the same moment.
    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (IOException)
        {
            // What is left is removed with the next one.
        }
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
