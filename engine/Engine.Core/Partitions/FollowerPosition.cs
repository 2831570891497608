namespace Engine.Core.Partitions;

/// <summary>Where a follower's log stands when it asks for more.</summary>
/// <param name="LastEpoch">The newest leader epoch that wrote there; -1 when none did.</param>
/// <param name="IsFollower">Whether it follows at all at this moment.</param>
public readonly record struct FollowerPosition(int LeaderEpoch, long EndOffset, int LastEpoch, long LogStartOffset, bool IsFollower);
