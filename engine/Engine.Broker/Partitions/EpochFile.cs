using System.Globalization;
using System.Text;
using Engine.Core.Partitions;
using Engine.Storage;

namespace Engine.Broker.Partitions;

/// <summary>A partition's leader epochs on disk, in Kafka's own text form: version, count, then "epoch startOffset" lines.</summary>
/// <remarks>A lost or damaged file is no loss: epochs are read again from the batches, all of them then.</remarks>
internal sealed class EpochFile(string logFolder)
{
    private const string Name = "leader-epoch-checkpoint";
    private const string Version = "0";

    private readonly string _path = Path.Combine(logFolder, Name);

    /// <summary>What the file tells; null when it is absent, cut short or says what cannot be, which is as good as absent.</summary>
    public EpochHistory? Read()
    {
        if (!File.Exists(_path) || File.ReadAllText(_path) is not { Length: > 0 } text || !text.EndsWith('\n')) return null;

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length < 2 || lines[0] != Version || lines[1] != (lines.Length - 2).ToString(CultureInfo.InvariantCulture)) return null;

        var history = new EpochHistory();
        foreach (var line in lines.AsSpan(2))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || !int.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
                || !long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var start)
                || (history.Starts is [.., var last] && (epoch <= last.Epoch || start <= last.StartOffset))) return null;
            history.Assign(epoch, start);
        }

        return history;
    }

    /// <param name="history">What to write.</param>
    /// <param name="durably">Whether it is to survive a power cut; else it may be gone after one, and what was there before too.</param>
    public void Write(EpochHistory history, bool durably = true)
    {
        var text = new StringBuilder(Version).Append('\n').Append(history.Starts.Count).Append('\n');
        foreach (var (epoch, start) in history.Starts) text.Append(epoch).Append(' ').Append(start).Append('\n');
        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        if (durably) DurableFile.Write(_path, bytes);
        else DurableFile.WriteUnflushed(_path, bytes);
    }
}
