using Engine.Core;
using Engine.Protocol.Records;

namespace Engine.Broker.Checks;

/// <summary>What is looked at of a producer's batch before it enters a log. Pure, shared by all partitions and threads.</summary>
/// <remarks>
/// Whatever is chosen, a batch that is taken leaves the log's indexes, time lookup, retention and followers sound; what differs
/// is how much of its own content a producer can get wrong unnoticed.
/// </remarks>
internal interface IBatchCheck
{
    /// <summary>Whether every batch taken has a CRC that matches its bytes. Then followers and recovery insist on it.</summary>
    bool ChecksCrc { get; }

    /// <summary>Checks one partition's part of a produce request, which may be corrected in place.</summary>
    /// <param name="batch">The partition's bytes as received.</param>
    /// <param name="problem">What is wrong, for the answer's error message; null when nothing is.</param>
    ErrorCode Check(Span<byte> batch, in BatchLimits limits, out string? problem);
}
