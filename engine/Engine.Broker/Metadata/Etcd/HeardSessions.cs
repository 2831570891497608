using Engine.Core;
using Engine.Core.Cluster;

namespace Engine.Broker.Metadata.Etcd;

/// <summary>Which sessions this node has heard of lately, by its own monotonic clock.</summary>
/// <remarks>
/// <para>A session's beat is a key that its node puts again and again. Its revision tells that the node beat, not when; so the moment counts
/// at which this node first knew of it. That is never before the beat was sent, from when the other node counts
/// (<see cref="SessionClock"/>): a session that is silent here is over there already, and no two clocks were compared.</para>
/// <para>Only time in which this node saw etcd's keys counts. After a pause of its own, or of etcd, everybody has a whole session's time
/// from then on: who was stopped and wakes judges nobody. One thread at a time.</para>
/// </remarks>
/// <param name="timeout">How long a session lasts without a beat.</param>
internal sealed class HeardSessions(TimeSpan timeout)
{
    private Dictionary<long, Beat> _beats = [];
    private Instant _asked;
    private Instant _answered;

    /// <summary>When the next of those that are not silent will be, should it not be heard until then; null when there is none.</summary>
    public Instant? NextSilence
    {
        get
        {
            Instant? next = null;
            foreach (var (lease, beat) in _beats)
                if (!IsSilent(lease) && (next is not { } earliest || beat.HeardAt + timeout < earliest)) next = beat.HeardAt + timeout;
            return next;
        }
    }

    /// <summary>Takes note of what etcd held between two moments.</summary>
    /// <param name="asked">Before it was asked.</param>
    /// <param name="answered">When the answer was here.</param>
    /// <param name="sessions">The leases that matter. One that was not among them before is heard of now.</param>
    /// <param name="revisions">When each beat was last put, by its lease.</param>
    public void Look(Instant asked, Instant answered, IEnumerable<long> sessions, IReadOnlyDictionary<long, long> revisions)
    {
        var isSteady = answered - _answered < timeout / 2;
        var beats = new Dictionary<long, Beat>();
        foreach (var lease in sessions)
        {
            var revision = revisions.GetValueOrDefault(lease);
            beats[lease] = isSteady && _beats.TryGetValue(lease, out var known) && known.Revision == revision ? known : new Beat(revision, answered);
        }

        (_beats, _asked, _answered) = (beats, asked, answered);
    }

    /// <summary>Whether a session was not heard of for its whole time, as of the latest look.</summary>
    public bool IsSilent(long lease) => _beats.TryGetValue(lease, out var beat) && _asked - beat.HeardAt >= timeout;

    /// <summary>The latest beat that is known; 0 for none.</summary>
    public long RevisionOf(long lease) => _beats.TryGetValue(lease, out var beat) ? beat.Revision : 0;

    private readonly record struct Beat(long Revision, Instant HeardAt);
}
