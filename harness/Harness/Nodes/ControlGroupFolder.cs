using System.Globalization;

namespace Harness.Nodes;

/// <summary>A control group of this process's own under one of the kernel's controllers, from its making to its removal. Needs root.</summary>
/// <remarks>Both of the kernel's interfaces, Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst: the first has a tree for each controller, the
/// second one for all. A machine may have some controllers in one and some in the other.</remarks>
internal sealed class ControlGroupFolder : IDisposable
{
    private const string Root = "/sys/fs/cgroup";
    private const string Prefix = "testbed-";
    private const string Processes = "cgroup.procs";

    private static readonly TimeSpan EmptyPatience = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly string _purpose;

    private ControlGroupFolder(string path, string purpose, bool isVersionOne) => (_path, _purpose, IsVersionOne) = (path, purpose, isVersionOne);

    public bool IsVersionOne { get; }

    /// <summary>Whoever writes its process id here is in the group, and all that it starts.</summary>
    public string JoinFile => Path.Combine(_path, Processes);

    /// <summary>Makes a group; it holds nobody back before something is written to one of its files.</summary>
    /// <param name="controller">The controller it is for: <c>memory</c>.</param>
    /// <param name="name">What it is called beside this process's id.</param>
    /// <param name="purpose">Who wants it, for messages: <c>cluster.memory</c>.</param>
    /// <exception cref="NodeFailedException">This machine does not allow it; the message says what it takes.</exception>
    public static ControlGroupFolder Create(string controller, string name, string purpose)
    {
        var own = Path.Combine(Root, controller);
        var isVersionOne = Directory.Exists(own);
        if (!isVersionOne && !EnableInVersionTwo(controller))
            throw new NodeFailedException($"{purpose} needs the kernel's {controller} controller, which is not enabled here ({Root}).");

        var path = Path.Combine(isVersionOne ? own : Root, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{name}"));
        try
        {
            Directory.CreateDirectory(path);
            return new ControlGroupFolder(path, purpose, isVersionOne);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NodeFailedException($"{purpose} needs a control group, which only root may make ({error.Message}): run as root or leave it out.");
        }
    }

    /// <summary>Removes the groups of processes that were killed before they could.</summary>
    public static void ReleaseOrphans()
    {
        if (!Directory.Exists(Root)) return;

        foreach (var path in Directory.GetDirectories(Root).Append(Root).SelectMany(tree => Directory.GetDirectories(tree, Prefix + "*")))
            if (Path.GetFileName(path).Split('-', 3) is [_, var pid, _] && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                && !Directory.Exists("/proc/" + pid)) TryRemove(path);
    }

    /// <summary>Takes a process in that runs already.</summary>
    public void Add(int pid) => Write(Processes, pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes to one of its files.</summary>
    /// <exception cref="NodeFailedException">The kernel does not take it.</exception>
    public void Write(string file, string text)
    {
        try
        {
            File.WriteAllText(Path.Combine(_path, file), text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NodeFailedException($"{_purpose}: {Path.Combine(_path, file)} does not take '{text}': {error.Message}");
        }
    }

    /// <summary>Removes the group once its processes have ended.</summary>
    public void Dispose()
    {
        // Its processes may still be ending; a group that stays behind is empty and holds nobody back.
        for (var until = DateTime.UtcNow + EmptyPatience; !TryRemove(_path) && DateTime.UtcNow < until;) Thread.Sleep(50);
    }

    private static bool TryRemove(string path)
    {
        try
        {
            Directory.Delete(path);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // A controller has files in a group only where the group above hands it down.
    private static bool EnableInVersionTwo(string controller)
    {
        var handedDown = Path.Combine(Root, "cgroup.subtree_control");
        try
        {
            if (!File.Exists(handedDown)) return false;
            if (File.ReadAllText(handedDown).Split([' ', '\n']).Contains(controller)) return true;

            File.WriteAllText(handedDown, "+" + controller);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
