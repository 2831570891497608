using System.Numerics;
using System.Runtime.InteropServices;

namespace Engine.Storage.Compaction;

/// <summary>The last offset of each key, in a fixed piece of native memory: 24 bytes a place, three quarters of which are used at most.</summary>
/// <remarks>Open addressing over the keys' hashes. Lives for one run; the collector never sees its memory.</remarks>
internal sealed unsafe class KeyMap : IDisposable
{
    private const long SmallestPlaces = 64; // So that any budget makes headway.

    private readonly long _mask;
    private readonly long _capacity;
    private Entry* _entries;

    /// <param name="budgetBytes">What it may take at most.</param>
    /// <param name="expectedKeys">How many there can be: a map for fewer is made when that is less.</param>
    public KeyMap(long budgetBytes, long expectedKeys)
    {
        var affordable = (long)BitOperations.RoundUpToPowerOf2((ulong)(budgetBytes / sizeof(Entry)) / 2 + 1);
        var places = Math.Min(Math.Max(affordable, SmallestPlaces), Math.Max(SmallestPlaces, (long)BitOperations.RoundUpToPowerOf2((ulong)(expectedKeys * 4 / 3 + 1))));
        _mask = places - 1;
        _capacity = places * 3 / 4;
        _entries = (Entry*)NativeMemory.AllocZeroed((nuint)places, (nuint)sizeof(Entry));
    }

    public long Count { get; private set; }

    public bool IsFull => Count >= _capacity;

    /// <summary>Notes that the key was last seen at <paramref name="offset"/>. Only while not full.</summary>
    public void Put(UInt128 key, long offset)
    {
        ref var entry = ref Find(key);
        if (entry.OffsetPlusOne == 0)
        {
            entry.Key = key;
            Count++;
        }

        entry.OffsetPlusOne = Math.Max(entry.OffsetPlusOne, offset + 1);
    }

    /// <summary>The last offset of the key; -1 when it was not put.</summary>
    public long LastOffset(UInt128 key) => Find(key).OffsetPlusOne - 1;

    public void Dispose()
    {
        NativeMemory.Free(_entries);
        _entries = null;
    }

    private ref Entry Find(UInt128 key)
    {
        // The hash's bits are as good as random: its lowest choose the place.
        var place = (long)(ulong)key & _mask;
        while (_entries[place].OffsetPlusOne != 0 && _entries[place].Key != key) place = (place + 1) & _mask;
        return ref _entries[place];
    }

    // Packed: as a UInt128 it would be aligned to 16 bytes and take 32.
    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    private struct Entry
    {
        private ulong _upper;
        private ulong _lower;
        public long OffsetPlusOne; // 0: nothing here

        public UInt128 Key
        {
            readonly get => new(_upper, _lower);
            set => (_upper, _lower) = ((ulong)(value >> 64), (ulong)value);
        }
    }
}
