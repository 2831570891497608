using Engine.Storage.Native;

namespace Engine.Storage;

/// <summary>The segment files a node has open, and which of them to close when there are too many or nobody uses them.</summary>
/// <remarks>
/// A second-chance clock instead of an exact order of use: a use then costs its file one flag, not a lock that all logs share.
/// The limit is kept but for files that are all in use at once. Thread-safe.
/// </remarks>
internal sealed class OpenFiles(int limit)
{
    // How many files in a row may turn out to be in use before a newcomer is let in beyond the limit.
    private const int MaxTries = 64;

    private readonly Lock _gate = new();
    private readonly List<SegmentFile> _files = [];
    private int _hand;

    public int Count
    {
        get
        {
            lock (_gate) return _files.Count;
        }
    }

    /// <summary>A quarter of the descriptors the process may have: a file that is written past the page cache takes two, and half is for connections.</summary>
    public static OpenFiles WithinProcessLimit() =>
        new(Libc.GetLimit(Libc.LimitOpenFiles, out var limit) == 0 ? (int)Math.Clamp(limit.Soft / 4, 64, 1 << 20) : 256);

    /// <summary>A file has been opened, and is in use: others make room for it.</summary>
    public void Add(SegmentFile file)
    {
        lock (_gate)
        {
            if (file.OpenPlace >= 0) return;
            file.OpenPlace = _files.Count;
            _files.Add(file);
        }

        // Closed outside the lock: it takes system calls.
        for (var tries = 0; tries < MaxTries && TakeSurplus() is { } surplus; tries++) surplus.TryLetGo();
    }

    /// <summary>A file has been closed.</summary>
    public void Remove(SegmentFile file)
    {
        lock (_gate)
        {
            if (file.OpenPlace < 0) return;
            _files[file.OpenPlace] = _files[^1];
            _files[file.OpenPlace].OpenPlace = file.OpenPlace;
            _files.RemoveAt(_files.Count - 1);
            file.OpenPlace = -1;
        }
    }

    /// <summary>Closes those that were not used since the last call. They open again when they are.</summary>
    public void LetGoOfIdle()
    {
        List<SegmentFile> idle;
        lock (_gate) idle = _files.FindAll(file => !file.TakeUse());
        foreach (var file in idle) file.TryLetGo();
    }

    private SegmentFile? TakeSurplus()
    {
        lock (_gate)
        {
            if (_files.Count <= limit) return null;
            // Twice round: the first time takes everyone's flag away if need be.
            for (var looks = 2 * _files.Count; looks > 0; looks--)
            {
                _hand = (_hand + 1) % _files.Count;
                if (!_files[_hand].TakeUse()) return _files[_hand];
            }

            return null;
        }
    }
}
