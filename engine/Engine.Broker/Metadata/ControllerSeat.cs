using System.Globalization;
using System.Runtime.InteropServices;

namespace Engine.Broker.Metadata;

/// <summary>Which node of a machine looks after the others: the one that holds the lock with the highest number.</summary>
/// <remarks>
/// <para>A lock alone would do for processes that die, but a stopped one keeps its own. So each term has its own lock,
/// <c>controller-TERM.lock</c>, which link(2) puts in its place locked and with its holder's name in it: a term belongs to one process,
/// and who is first to begin the next has it.</para>
/// <para>The next term begins when the lock is free (its process died or gave it up) or its holder was silent for a session's time. A
/// holder that wakes is no controller until it has shown itself again and then looked whether a next term has begun
/// (<see cref="IMetadataStore.HoldsSession"/> is false so long). Who began that term looks at the holder's heartbeat once more
/// afterwards: still silent, so the holder's look is yet to come and finds the new term; no longer silent, so the new term is given up. Hence never two
/// at once. A controller that is stopped between a decision and its append is stopped by the journal, which takes nothing that
/// was decided on an older version.</para>
/// <para>One thread only, but for <see cref="IsHeld"/> and <see cref="HolderId"/>.</para>
/// </remarks>
internal sealed partial class ControllerSeat(string folder, int nodeId, NeighbourNodes neighbours) : IDisposable
{
    private const string Prefix = "controller-", Suffix = ".lock";

    private readonly string _unplaced = Path.Combine(folder, $"node-{nodeId}-controller{Suffix}");
    private long _term;
    private volatile FileLock? _lock;
    private volatile int _holderId = -1;

    public bool IsHeld => _lock is not null;

    /// <summary>The node that had the seat when it was last looked at; -1 for none.</summary>
    public int HolderId => _holderId;

    /// <summary>Takes the seat when it is free, and leaves it when it was taken away.</summary>
    public void Look()
    {
        if (_lock is not null)
        {
            if (!File.Exists(PathOf(_term + 1))) return;
            Leave();
        }

        var term = NewestTerm();
        if (term > 0 && FileLock.IsTaken(PathOf(term)))
        {
            if (HolderOf(term) is not { } holder) return;
            _holderId = holder;
            if (holder == nodeId || neighbours.IsHeard(holder)) return;
            TryBegin(term + 1, passedOver: holder);
        }
        else
        {
            TryBegin(term + 1, passedOver: null);
        }
    }

    public void Dispose() => Leave();

    private void Leave()
    {
        _lock?.Dispose();
        _lock = null;
    }

    private void TryBegin(long term, int? passedOver)
    {
        // What an earlier life of this node left here may be some term's lock under its second name.
        File.Delete(_unplaced);
        var taken = FileLock.TryTake(_unplaced, TimeSpan.Zero)!;
        taken.Describe(nodeId.ToString(CultureInfo.InvariantCulture));
        var isPlaced = Link(_unplaced, PathOf(term)) == 0;
        var why = Marshal.GetLastPInvokeError();
        File.Delete(_unplaced);
        if (!isPlaced && why != ErrorExists)
            throw new IOException($"cannot link {PathOf(term)}: {Marshal.GetPInvokeErrorMessage(why)}");

        // A folder read while it changes can show neither the old term nor the new one.
        if (!isPlaced || NewestTerm() != term || (passedOver is { } holder && neighbours.IsHeard(holder)))
        {
            taken.Dispose();
            return;
        }

        (_term, _lock, _holderId) = (term, taken, nodeId);
        foreach (var old in Terms().Where(old => old < term)) File.Delete(PathOf(old));
    }

    private int? HolderOf(long term)
    {
        try
        {
            var description = FileLock.ReadDescription(PathOf(term));
            return int.TryParse(description, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        catch (IOException) when (!File.Exists(PathOf(term)))
        {
            return null; // a newer one has just begun
        }
    }

    private long NewestTerm() => Terms().DefaultIfEmpty(0).Max();

    private IEnumerable<long> Terms() =>
        from path in Directory.EnumerateFiles(folder, Prefix + "*" + Suffix)
        let number = Path.GetFileName(path)[Prefix.Length..^Suffix.Length]
        let term = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0
        where term > 0
        select term;

    private string PathOf(long term) => Path.Combine(folder, $"{Prefix}{term}{Suffix}");

    private const int ErrorExists = 17; // EEXIST

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Link(string from, string to);
}
