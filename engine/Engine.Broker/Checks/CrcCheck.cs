using Engine.Core;
using Engine.Core.Strategies;
using Engine.Protocol.Records;

namespace Engine.Broker.Checks;

/// <summary>The header, and the CRC-32C over all bytes: what arrives is what was sent. The records are taken on trust.</summary>
internal sealed class CrcCheck : IBatchCheck
{
    public bool ChecksCrc => true;

    public static IBatchCheck Create(StrategySpec spec) => new CrcCheck();

    public ErrorCode Check(Span<byte> batch, in BatchLimits limits, out string? problem)
    {
        var error = BatchCheck.HeaderForProduce(batch, limits, out problem);
        return error == ErrorCode.None ? BatchCheck.ChecksumForProduce(batch, out problem) : error;
    }
}
