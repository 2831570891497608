using System.Globalization;

namespace Harness.Cli;

/// <summary>The folder of a cluster that <c>up</c> starts: one that is gone on with, or one that goes with the cluster.</summary>
internal sealed class ClusterFolder : IDisposable
{
    /// <summary>Says that the folder is a cluster's, and of how many nodes.</summary>
    private const string MarkerName = "testbed-cluster";

    private readonly bool _temporary;

    private ClusterFolder(string path, bool temporary) => (Path, _temporary) = (path, temporary);

    public string Path { get; }

    /// <summary>Opens or makes the folder.</summary>
    /// <param name="named">The folder the user named; null makes one that is deleted in the end.</param>
    /// <param name="nodes">How many nodes will live in it.</param>
    /// <exception cref="CommandException">It cannot be written, is something else's, or another number of nodes'.</exception>
    public static ClusterFolder Open(string? named, int nodes)
    {
        if (named is null) return new ClusterFolder(Directory.CreateTempSubdirectory("testbed-up-").FullName, temporary: true);

        var path = System.IO.Path.GetFullPath(named);
        try
        {
            Directory.CreateDirectory(path);
            var marker = System.IO.Path.Combine(path, MarkerName);
            if (File.Exists(marker))
            {
                var text = File.ReadAllText(marker).Trim();
                if (text != nodes.ToString(CultureInfo.InvariantCulture))
                    throw new CommandException($"the cluster in {path} has {text} nodes: start it with --nodes {text}, or name another folder.");
            }
            else if (Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new CommandException($"{path} is not empty and no cluster's folder: name an empty one or one that up has made.");
            }

            File.WriteAllText(marker, nodes.ToString(CultureInfo.InvariantCulture) + "\n");
            return new ClusterFolder(path, temporary: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the data folder {path} cannot be used: {error.Message}");
        }
    }

    public void Dispose()
    {
        if (_temporary) Directory.Delete(Path, recursive: true);
    }
}
