namespace Engine.Core.Partitions;

/// <summary>What a partition remembered of its producers when its log ended at an offset.</summary>
/// <param name="Offset">The log's end: all batches before it have been taken account of, and none behind it.</param>
/// <param name="LeaderEpoch">The epoch of the last of those batches; -1 when that is not known.</param>
public sealed record ProducerSnapshot(long Offset, int LeaderEpoch, ProducerMemory[] Producers);
