using Harness.Load.Sent;
using Harness.Load.Wire;

namespace Harness.Load.Producing;

/// <summary>The identity a producer numbers its batches under, and how it comes by another when it has left a gap.</summary>
/// <remarks>For the producer's thread, which does not wait for the cluster's answer.</remarks>
internal sealed class OwnIdentity(Cluster cluster, SentLedger ledger, int producer, LoadSpec load)
{
    private Task<(long Id, short Epoch)>? _asked;
    private long _since;
    private long _askAt;

    public ProducerIdentity Present { get; private set; } = ProducerIdentity.None;

    /// <summary>Whether nothing may be sent for the first time until there is another identity.</summary>
    public bool IsRenewing { get; private set; }

    /// <summary>Waits for the first one.</summary>
    /// <exception cref="LoadException">The cluster does not give one.</exception>
    public void Take() => Become(cluster.NewProducerId());

    public void BeginRenewal(long now) => (IsRenewing, _since) = (true, now);

    /// <summary>To be called until <see cref="IsRenewing"/> is over, once nothing is left that was sent under the present identity.</summary>
    /// <exception cref="LoadException">The cluster gives none, and the load does not go on through failures.</exception>
    public void Renew(long now)
    {
        if (_asked is null)
        {
            if (now >= _askAt) _asked = Task.Run(cluster.NewProducerId);
            return;
        }

        if (!_asked.IsCompleted) return;

        var asked = _asked;
        _asked = null;
        if (asked.IsCompletedSuccessfully)
        {
            Become(asked.Result);
            IsRenewing = false;
            return;
        }

        var problem = asked.Exception!.InnerException!;
        var isOver = load.Retries is null && now - _since > Clock.Nanoseconds(load.RequestTimeout);
        if (isOver || problem is not LoadException) throw new LoadException("no new producer id: " + problem.Message);
        _askAt = now + Clock.Nanoseconds(load.RetryBackoff);
    }

    private void Become((long Id, short Epoch) identity)
    {
        Present = new(identity.Id, identity.Epoch);
        ledger.Register(identity.Id, producer);
    }
}
