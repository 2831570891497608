namespace Harness.Nodes;

/// <summary>How much worse a link is than the wire under it, each way.</summary>
/// <param name="Delay">Everything is this late.</param>
/// <param name="Jitter">And up to this much more, evenly spread.</param>
/// <param name="Loss">The share of pieces that are late by a retransmission.</param>
internal readonly record struct LinkQuality(TimeSpan Delay, TimeSpan Jitter, double Loss)
{
    /// <summary>How late a lost segment is in TCP, which sends it again after its timeout: at least this on Linux (TCP_RTO_MIN).</summary>
    public static readonly TimeSpan Retransmission = TimeSpan.FromMilliseconds(200);

    /// <summary>How late one piece is.</summary>
    public TimeSpan Draw(Random random)
    {
        var late = Delay + (Jitter * random.NextDouble());
        return Loss > 0 && random.NextDouble() < Loss ? late + Retransmission : late;
    }
}
