using System.Globalization;
using System.Text;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>The keys that say who this node is, and which node looks after the others; both go with the lease of the one that put them.</summary>
/// <remarks>
/// What a silent session holds is taken over, in a transaction that fails if it beat again. One thread at a time, as the journal, but for
/// <see cref="HoldsSeat"/> and <see cref="ControllerId"/>.
/// </remarks>
internal sealed class EtcdClaims(EtcdClient client, EtcdSession session, EtcdJournal journal, string prefix, int nodeId, TimeSpan patience)
{
    private readonly string _life = $"{Environment.MachineName}, process {Environment.ProcessId}, {Guid.NewGuid():N}";
    private readonly string _id = nodeId.ToString(CultureInfo.InvariantCulture);
    private long _seatLease; // of this node, while it has the seat; else 0
    private int _controllerId = -1;

    /// <summary>Whether this session of the node had the controller's seat when it was last looked at.</summary>
    public bool HoldsSeat => Volatile.Read(ref _seatLease) is not 0 and var lease && lease == session.Lease;

    /// <summary>The node that had it; -1 for none.</summary>
    public int ControllerId => Volatile.Read(ref _controllerId);

    /// <summary>Puts this node's key with the lease of now.</summary>
    /// <param name="takenPatience">How long another life of this node may hold it.</param>
    /// <exception cref="MetadataException">It is another process's.</exception>
    public void ClaimId(TimeSpan takenPatience)
    {
        var key = $"{prefix}nodes/{_id}";
        var deadline = MonotonicClock.Now + takenPatience;
        while (true)
        {
            journal.Nodes.TryGetValue(nodeId, out var taken);
            if (taken?.Lease == session.Lease) return;
            if (taken is not null && taken.Text != _life && MonotonicClock.Now >= deadline)
                throw new MetadataException(
                    $"node {_id} of the cluster under {prefix} is running already ({taken.Text}): stop it or choose another node id.");

            // An earlier life that was killed holds it until it is silent for long enough, or its lease has run out.
            if (!TryTake(key, taken, _life)) Thread.Sleep(50);
            journal.CatchUp();
        }
    }

    /// <summary>Takes the controller's seat if nobody has it, or one that is not heard.</summary>
    public void ClaimSeat()
    {
        var seat = journal.Controller;
        if (seat?.Lease != session.Lease && TryTake(prefix + "controller", seat, _id))
        {
            journal.CatchUp();
            seat = journal.Controller;
        }

        Volatile.Write(ref _seatLease, seat is not null && seat.Lease == session.Lease ? seat.Lease : 0);
        Volatile.Write(ref _controllerId, seat is null ? -1 : int.Parse(seat.Text, CultureInfo.InvariantCulture));
    }

    /// <returns>Whether it was tried; who has it now is to be read.</returns>
    private bool TryTake(string key, EtcdKey? taken, string text)
    {
        var take = new EtcdTransaction().If(new(key, taken?.Revision ?? 0)).Put(key, Encoding.UTF8.GetBytes(text), session.Lease);
        if (taken is not null)
        {
            if (journal.ProofOfSilence(taken.Lease) is not { } proof) return false;
            take.If(proof);
        }

        take.Send(client, patience);
        return true;
    }
}
