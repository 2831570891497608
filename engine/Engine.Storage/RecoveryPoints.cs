using System.Globalization;
using System.Text;
using Engine.Protocol.Wire;

namespace Engine.Storage;

/// <summary>Up to which offset each log of a node is known to be durable, in one file: what a start after a crash need not check.</summary>
/// <remarks>
/// One file for all, as Kafka has it: ten thousand logs that stop cleanly cost one fsync, not ten thousand. A point that is too low
/// costs reading, one that is too high costs data: so points rise in memory at once and on disk a little later, all that rose
/// meanwhile together, but fall on disk before anything relies on it. A file that is not whole counts as none. Thread-safe.
/// </remarks>
internal sealed class RecoveryPoints
{
    public const string FileName = "recovery-points";

    private const string Header = "testbed-recovery-points 1\n";
    private const string CheckName = "crc32c ";

    private readonly string _path;
    private readonly NodeFiles _node;
    private readonly Lock _saving = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid Topic, int Partition), RecoveryPoint> _points;
    private bool _isDirty;
    private bool _isSaveAsked;

    public RecoveryPoints(string folder, NodeFiles node)
    {
        _path = Path.Combine(folder, FileName);
        _node = node;
        _points = DurableFile.TryRead(_path) is { } bytes && Parse(bytes) is { } points ? points : [];
    }

    /// <summary>Up to where the log is durable; offset 0 when nothing is known to be.</summary>
    public RecoveryPoint this[Guid topic, int partition]
    {
        get
        {
            lock (_gate) return _points.GetValueOrDefault((topic, partition));
        }
    }

    /// <summary>More is durable. On disk soon; a crash before then costs no more than reading it.</summary>
    public void Raise(Guid topic, int partition, RecoveryPoint point)
    {
        lock (_gate)
        {
            _points[(topic, partition)] = point;
            _isDirty = true;
            if (_isSaveAsked) return;
            _isSaveAsked = true;
        }

        _node.Keeper.Post(SaveIfPossible);
    }

    /// <summary>Less is durable, or about to be. On disk when this returns.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Lower(Guid topic, int partition, RecoveryPoint point)
    {
        lock (_gate)
        {
            _points[(topic, partition)] = point;
            _isDirty = true;
        }

        Save();
    }

    /// <summary>The log is gone for good. Its topic's id is never used again, so the file may say so whenever it is next written.</summary>
    public void Forget(Guid topic, int partition)
    {
        lock (_gate) _isDirty |= _points.Remove((topic, partition));
    }

    /// <summary>Brings the file up to date; on return it is durable.</summary>
    /// <exception cref="IOException">It could not be written; it is as it was, and the next call tries again.</exception>
    public void Save()
    {
        lock (_saving)
        {
            byte[] content;
            lock (_gate)
            {
                _isSaveAsked = false;
                if (!_isDirty) return;
                content = Format();
                _isDirty = false;
            }

            try
            {
                DurableFile.Write(_path, content, _node.Calls);
            }
            catch
            {
                lock (_gate) _isDirty = true;
                throw;
            }
        }
    }

    private void SaveIfPossible()
    {
        try
        {
            Save();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What is on disk is lower and as true as before; the next point that rises tries again.
        }
    }

    private byte[] Format()
    {
        var text = new StringBuilder(Header, Header.Length + (_points.Count * 60) + 20);
        foreach (var ((topic, partition), point) in _points)
            text.Append(CultureInfo.InvariantCulture, $"{topic:N} {partition} {point.Offset} {point.IndexCheck:x8}\n");
        var lines = Encoding.ASCII.GetBytes(text.ToString());
        return [.. lines, .. Encoding.ASCII.GetBytes($"{CheckName}{Crc32C.Compute(lines):x8}\n")];
    }

    /// <summary>The points in a file that is whole: it ends with the checksum of all before.</summary>
    private static Dictionary<(Guid, int), RecoveryPoint>? Parse(ReadOnlySpan<byte> bytes)
    {
        var checkBytes = CheckName.Length + 9; // eight digits and a line feed
        if (bytes.Length < Header.Length + checkBytes) return null;

        var lines = bytes[..^checkBytes];
        if (!bytes[^checkBytes..].SequenceEqual(Encoding.ASCII.GetBytes($"{CheckName}{Crc32C.Compute(lines):x8}\n"))) return null;

        var text = Encoding.ASCII.GetString(lines);
        if (!text.StartsWith(Header, StringComparison.Ordinal)) return null;

        var points = new Dictionary<(Guid, int), RecoveryPoint>();
        Span<Range> parts = stackalloc Range[4];
        foreach (var line in text.AsSpan(Header.Length).EnumerateLines())
        {
            if (line.IsEmpty) continue;
            if (line.Split(parts, ' ') != 4
                || !Guid.TryParseExact(line[parts[0]], "N", out var topic)
                || !int.TryParse(line[parts[1]], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
                || !long.TryParse(line[parts[2]], NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
                || !uint.TryParse(line[parts[3]], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var check)) return null;
            points[(topic, partition)] = new RecoveryPoint(offset, check);
        }

        return points;
    }
}

/// <summary>Up to where a log is known to be durable.</summary>
/// <param name="Offset">Everything before it is.</param>
/// <param name="IndexCheck">
/// <see cref="Segment.IndexCheck"/> of the indexes written for the segment it lies in: those with this check tell where its batches are
/// without a look at them. 0: there are none.
/// </param>
internal readonly record struct RecoveryPoint(long Offset, uint IndexCheck);
