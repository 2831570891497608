using Harness.Load.Sent;

namespace Harness.Load.Producing;

/// <summary>Where a partition's closed batches go.</summary>
internal abstract class Lane
{
    /// <summary>Batches that were not sent, or are to be sent again.</summary>
    public abstract int Waiting { get; }

    /// <summary>Requests without an answer.</summary>
    public abstract int UnderWay { get; }

    /// <summary>Whether nothing stands in the way of another request.</summary>
    public abstract bool CanSend { get; }

    public abstract void Enqueue(OutgoingBatch batch);
}

/// <summary>Where one partition's batches stay while there is no way to a leader, in the order of their records.</summary>
internal sealed class Parking(SentStream stream) : Lane
{
    private readonly List<OutgoingBatch> _batches = [];

    public SentStream Stream => stream;

    public override int Waiting => _batches.Count;

    public override int UnderWay => 0;

    public override bool CanSend => false;

    /// <summary>Since when there is no way: who leads must have been asked after this.</summary>
    public long Since { get; set; }

    /// <summary>When the partition was parked; unlike <see cref="Since"/> it stays as it is until there is a way again.</summary>
    public long ParkedAt { get; set; }

    /// <summary>Not to be left before.</summary>
    public long Until { get; set; }

    /// <summary>Whether a batch here was sent before.</summary>
    public bool HoldsSent => _batches.Count > 0 && _batches[0].Attempts > 0; // those that were never sent come behind

    /// <summary>Whether a batch here was sent before and holds earlier records.</summary>
    public bool HoldsEarlier(OutgoingBatch batch) => HoldsSent && _batches[0].FirstNumber < batch.FirstNumber;

    public override void Enqueue(OutgoingBatch batch)
    {
        var at = _batches.Count;
        while (at > 0 && _batches[at - 1].FirstNumber > batch.FirstNumber) at--;
        _batches.Insert(at, batch);
    }

    /// <summary>Takes the first batch out.</summary>
    /// <param name="onlySent">Whether only one that was sent before will do.</param>
    /// <param name="batch">The batch.</param>
    public bool TryTake(bool onlySent, out OutgoingBatch batch)
    {
        batch = null!;
        if (_batches.Count == 0 || (onlySent && !HoldsSent)) return false;

        batch = _batches[0];
        _batches.RemoveAt(0);
        return true;
    }

    /// <summary>Takes out the first batch if it was sent first before <paramref name="moment"/>.</summary>
    public bool TryTakeSentBefore(long moment, out OutgoingBatch batch)
    {
        batch = null!;
        return HoldsSent && _batches[0].FirstSentAt < moment && TryTake(onlySent: true, out batch);
    }
}
