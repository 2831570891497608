using System.Runtime.InteropServices;

namespace Engine.Broker.Network.Epoll;

/// <summary>An array of struct epoll_event in native memory: 12 bytes each on x86-64, where the ABI packs it, else 16.</summary>
internal sealed unsafe class EpollEvents(int capacity) : IDisposable
{
    private static readonly int SizeBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int KeyOffset = SizeBytes - sizeof(ulong);

    private readonly byte* _events = (byte*)NativeMemory.AllocZeroed((nuint)capacity, (nuint)SizeBytes);

    public int Capacity => capacity;

    public void* Pointer => _events;

    public uint EventsAt(int index) => *(uint*)(_events + (index * SizeBytes));

    public int KeyAt(int index) => (int)*(ulong*)(_events + (index * SizeBytes) + KeyOffset);

    /// <summary>Writes one epoll_event, of at most 16 bytes, to <paramref name="target"/>.</summary>
    public static void Write(byte* target, uint events, int key)
    {
        *(uint*)target = events;
        *(ulong*)(target + KeyOffset) = (uint)key;
    }

    public void Dispose() => NativeMemory.Free(_events);
}
