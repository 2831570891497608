using System.Numerics;

namespace Engine.Core.Partitions;

/// <summary>A set of a partition's replicas by their place in its assignment; at most 32.</summary>
public readonly record struct ReplicaSet(uint Bits)
{
    /// <summary>How many replicas a partition can have.</summary>
    public const int MaxReplicas = 32;

    public int Count => BitOperations.PopCount(Bits);

    public static ReplicaSet Of(int index) => new(1u << index);

    /// <summary>The places in <paramref name="assignment"/> of those <paramref name="nodes"/> that are in it.</summary>
    public static ReplicaSet From(ReadOnlySpan<int> nodes, ReadOnlySpan<int> assignment)
    {
        uint bits = 0;
        foreach (var node in nodes)
            if (assignment.IndexOf(node) is >= 0 and var index) bits |= 1u << index;
        return new ReplicaSet(bits);
    }

    public bool Contains(int index) => (Bits & (1u << index)) != 0;

    public ReplicaSet With(int index) => new(Bits | (1u << index));

    public ReplicaSet Without(int index) => new(Bits & ~(1u << index));

    /// <summary>The node ids of this set, in assignment order.</summary>
    public int[] Nodes(ReadOnlySpan<int> assignment)
    {
        var nodes = new int[Count];
        for (int i = 0, n = 0; i < assignment.Length; i++)
            if (Contains(i)) nodes[n++] = assignment[i];
        return nodes;
    }

    public static ReplicaSet operator |(ReplicaSet left, ReplicaSet right) => new(left.Bits | right.Bits);
}
