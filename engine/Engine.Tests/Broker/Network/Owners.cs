using System.Collections.Concurrent;
using Engine.Storage;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Broker.Network;

/// <summary>A file of random bytes to send slices of, and the record of who released what how often.</summary>
internal sealed class Owners : IDisposable
{
    private readonly ConcurrentBag<Owner> _owners = [];
    private readonly string _path = Path.GetTempFileName();
    private readonly SafeFileHandle _file;

    public Owners(int fileBytes)
    {
        Content = Frames.Random(fileBytes, fileBytes);
        System.IO.File.WriteAllBytes(_path, Content);
        _file = System.IO.File.OpenHandle(_path);
    }

    public byte[] Content { get; }

    /// <summary>Slices handed out.</summary>
    public int Count => _owners.Count;

    public bool AllReleasedOnce => _owners.All(owner => owner.Releases == 1);

    public bool AnyReleasedTwice => _owners.Any(owner => owner.Releases > 1);

    public LogSlice File(int position, int length) => LogSlice.OfFile(_file, position, length, New());

    public LogSlice Memory(int position, int length) => LogSlice.OfMemory(Content.AsMemory(position, length), New());

    public void Dispose()
    {
        _file.Dispose();
        System.IO.File.Delete(_path);
    }

    private Owner New()
    {
        var owner = new Owner();
        _owners.Add(owner);
        return owner;
    }

    private sealed class Owner : IDisposable
    {
        private int _releases;

        public int Releases => Volatile.Read(ref _releases);

        public void Dispose() => Interlocked.Increment(ref _releases);
    }
}
