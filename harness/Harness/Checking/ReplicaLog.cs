using Engine.Protocol.Records;

namespace Harness.Checking;

/// <summary>One replica's batches as they lie in its segment files, in the order of offsets; the node may run meanwhile.</summary>
/// <remarks>Reads <c>TOPIC-PARTITION/*.log</c> as every Kafka-like broker lays them out. Where segments begin is each replica's own affair.</remarks>
internal sealed class ReplicaLog : IDisposable
{
    private const int FirstBlockBytes = 1 << 20;

    private readonly Queue<string> _files;
    private byte[] _block = new byte[FirstBlockBytes];
    private FileStream? _file;
    private int _start;
    private int _end;
    private int _batchBytes;

    /// <exception cref="IOException">There is no such folder, or it cannot be read.</exception>
    public ReplicaLog(string dataFolder, string topic, int partition)
    {
        Folder = Path.Combine(dataFolder, FormattableString.Invariant($"{topic}-{partition}"));
        // Named by their base offset in twenty digits, so that names sort as offsets do.
        _files = new(Directory.Exists(Folder) ? Directory.GetFiles(Folder, "*.log").Order(StringComparer.Ordinal) : []);
    }

    public string Folder { get; }

    /// <summary>Why the last <see cref="MoveNext"/> found nothing; null at the log's end.</summary>
    public string? Damage { get; private set; }

    /// <summary>The batch moved to last; valid until the next one.</summary>
    public ReadOnlySpan<byte> Batch => _block.AsSpan(_start - _batchBytes, _batchBytes);

    /// <summary>Goes to the next whole and sound batch; false at the end of the log or where it is damaged.</summary>
    public bool MoveNext()
    {
        while (Damage is null)
        {
            _batchBytes = 0;
            if (Fill(BatchHeader.Size) && HeaderSize() is var size and > 0 && Fill(size))
            {
                if (BatchCheck.SoundBatchBytes(_block.AsSpan(_start, size)) != size)
                {
                    Damage = $"the batch at offset {new BatchHeader(_block.AsSpan(_start)).BaseOffset} is damaged";
                    return false;
                }

                (_batchBytes, _start) = (size, _start + size);
                return true;
            }

            // What is left of a file is zeros: room that was reserved for what is to come.
            if (_block.AsSpan(_start, _end - _start).ContainsAnyExcept((byte)0))
            {
                Damage = $"{Path.GetFileName(_file?.Name)} ends within a batch";
                return false;
            }

            if (!Open()) return false;
        }

        return false;
    }

    public void Dispose() => _file?.Dispose();

    // 0 where no batch begins.
    private int HeaderSize() =>
        new BatchHeader(_block.AsSpan(_start, BatchHeader.Size)) is { Magic: 2, SizeBytes: >= BatchHeader.Size } header ? header.SizeBytes : 0;

    private bool Fill(int bytes)
    {
        if (_file is null) return false;

        if (_start + bytes > _block.Length)
        {
            _block.AsSpan(_start, _end - _start).CopyTo(_block);
            (_start, _end) = (0, _end - _start);
            if (bytes > _block.Length) Array.Resize(ref _block, bytes);
        }

        while (_end - _start < bytes)
        {
            var read = _file.Read(_block, _end, _block.Length - _end);
            if (read == 0) return false;
            _end += read;
        }

        return true;
    }

    private bool Open()
    {
        _file?.Dispose();
        _file = null;
        (_start, _end) = (0, 0);
        if (!_files.TryDequeue(out var path)) return false;

        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        return true;
    }
}
