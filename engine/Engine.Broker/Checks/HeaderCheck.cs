using Engine.Core;
using Engine.Core.Strategies;
using Engine.Protocol.Records;

namespace Engine.Broker.Checks;

/// <summary>Lengths, magic, counts, offsets and timestamps of the header; of the rest not a byte is read.</summary>
/// <remarks>What the network, the disk or the producer did to the records only a consumer can notice.</remarks>
internal sealed class HeaderCheck : IBatchCheck
{
    public bool ChecksCrc => false;

    public static IBatchCheck Create(StrategySpec spec) => new HeaderCheck();

    public ErrorCode Check(Span<byte> batch, in BatchLimits limits, out string? problem) =>
        BatchCheck.HeaderForProduce(batch, limits, out problem);
}
