using Engine.Core.Strategies;

namespace Engine.Broker.Checks;

internal static class BatchChecks
{
    public static StrategyCatalog<IBatchCheck> Catalog { get; } = new("check",
        new("crc", "the header and the CRC-32C over the whole batch", CrcCheck.Create),
        new("header", "lengths, magic, counts and timestamps of the header alone", HeaderCheck.Create),
        new("records", "every record too, decompressed where it must be, as Kafka does", RecordsCheck.Create));
}
