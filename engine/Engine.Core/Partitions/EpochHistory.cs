namespace Engine.Core.Partitions;

/// <summary>Which leader epoch wrote which part of a log: (epoch, first offset) pairs, both rising. Source: KIP-101, KIP-279.</summary>
/// <remarks>The leader adds its epoch before it takes writes; followers add epochs as they meet them in batches.</remarks>
public sealed class EpochHistory
{
    private readonly List<EpochStart> _starts = [];

    public IReadOnlyList<EpochStart> Starts => _starts;

    /// <summary>The newest epoch that wrote here; -1 when none did.</summary>
    public int Latest => _starts.Count == 0 ? -1 : _starts[^1].Epoch;

    /// <summary>Notes that <paramref name="epoch"/> begins at <paramref name="startOffset"/>; true when that was news.</summary>
    /// <remarks>Entries at or past the new start, or of a later epoch, were of a tail that is no more.</remarks>
    public bool Assign(int epoch, long startOffset)
    {
        if (_starts.Count > 0 && epoch <= _starts[^1].Epoch && startOffset >= _starts[^1].StartOffset) return false;

        while (_starts.Count > 0 && (_starts[^1].Epoch >= epoch || _starts[^1].StartOffset >= startOffset)) _starts.RemoveAt(_starts.Count - 1);
        _starts.Add(new EpochStart(epoch, startOffset));
        return true;
    }

    /// <summary>Where <paramref name="epoch"/> ended here: the largest epoch not above it, and the offset after that one's last record.</summary>
    /// <returns>(-1, -1) when the epoch is newer than any known here.</returns>
    public (int Epoch, long EndOffset) EndOf(int epoch, long logEnd)
    {
        if (epoch < 0 || _starts.Count == 0 || epoch > _starts[^1].Epoch) return (-1, -1);
        if (epoch == _starts[^1].Epoch) return (epoch, logEnd);

        var next = _starts.FindIndex(start => start.Epoch > epoch);
        return next == 0 ? (epoch, _starts[0].StartOffset) : (_starts[next - 1].Epoch, _starts[next].StartOffset);
    }

    /// <summary>As the leader: what to tell a follower whose log ends at <paramref name="fetchOffset"/> with this epoch's records.</summary>
    /// <returns>
    /// Null when the leader's log holds those same records. Else the follower's log has others in the end, and this is how far the
    /// leader's can agree with it: its largest epoch not above the follower's, and that one's end; (-1, -1) when there is none to tell.
    /// </returns>
    /// <remarks>
    /// There is none either where everything of the follower's epoch was deleted here: its records before the leader's log start may be
    /// ones that never got committed, and nothing is left to tell. It is to start over there. Source: KIP-595, the diverging epoch of a fetch.
    /// </remarks>
    public (int Epoch, long EndOffset)? DivergenceFrom(int lastFetchedEpoch, long fetchOffset, long logEnd)
    {
        if (lastFetchedEpoch < 0) return null; // An empty log agrees with every other.
        if (_starts.Count > 0 && lastFetchedEpoch < _starts[0].Epoch) return (-1, -1);

        var leaders = EndOf(lastFetchedEpoch, logEnd);
        return leaders.Epoch == lastFetchedEpoch && leaders.EndOffset >= fetchOffset ? null : leaders;
    }

    /// <summary>As a follower: where to cut a log that parts from the leader's, of which <see cref="DivergenceFrom"/> told this.</summary>
    /// <remarks>Never to the high watermark, which a follower learns late: it would cut off what is committed (KIP-101).</remarks>
    public long TruncationPoint(int leadersEpoch, long leadersEnd, long logEnd)
    {
        var (_, ownEnd) = EndOf(leadersEpoch, logEnd);
        return ownEnd < 0 ? leadersEnd : Math.Min(ownEnd, leadersEnd);
    }

    /// <summary>Forgets what the records from <paramref name="offset"/> on had told. True when that changed anything.</summary>
    public bool TruncateFrom(long offset) => _starts.RemoveAll(start => start.StartOffset >= offset) > 0;

    /// <summary>Forgets epochs that ended before <paramref name="logStart"/>; the one that spans it begins there from now on.</summary>
    public bool TruncateBefore(long logStart)
    {
        var spanning = _starts.FindLastIndex(start => start.StartOffset <= logStart);
        if (spanning < 0 || (spanning == 0 && _starts[0].StartOffset == logStart)) return false;

        _starts[spanning] = _starts[spanning] with { StartOffset = logStart };
        _starts.RemoveRange(0, spanning);
        return true;
    }

    public void Clear() => _starts.Clear();
}

/// <summary>An epoch and the offset of the first record it wrote.</summary>
public readonly record struct EpochStart(int Epoch, long StartOffset);
