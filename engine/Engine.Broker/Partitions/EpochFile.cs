using System.Globalization;
using System.Text;
using Engine.Core.Partitions;
using Engine.Storage;

namespace Engine.Broker.Partitions;

/// <summary>A partition's leader epochs on disk, in Kafka's own text form: version, count, then "epoch startOffset" lines.</summary>
/// <remarks>A lost or damaged file is no loss of records: epochs are read again from batches, where those still tell them.</remarks>
internal sealed class EpochFile(string logFolder)
{
    private const string Name = "leader-epoch-checkpoint";

    private readonly string _path = Path.Combine(logFolder, Name);

    public EpochHistory Read()
    {
        var history = new EpochHistory();
        if (!File.Exists(_path)) return history;

        foreach (var line in File.ReadLines(_path).Skip(2))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0 && int.TryParse(line.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
                && long.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var start))
                history.Assign(epoch, start);
        }

        return history;
    }

    public void Write(EpochHistory history)
    {
        var text = new StringBuilder("0\n").Append(history.Starts.Count).Append('\n');
        foreach (var (epoch, start) in history.Starts) text.Append(epoch).Append(' ').Append(start).Append('\n');
        DurableFile.Write(_path, Encoding.ASCII.GetBytes(text.ToString()));
    }
}
