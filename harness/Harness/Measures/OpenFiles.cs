using System.Globalization;

namespace Harness.Measures;

/// <summary>Descriptors that processes of this machine have open: files, sockets, event queues.</summary>
public static class OpenFiles
{
    /// <summary>All of them together; null where one of the processes has ended or may not be looked at.</summary>
    public static long? Of(IEnumerable<int> pids)
    {
        try
        {
            return pids.Sum(pid => Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).LongCount());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
