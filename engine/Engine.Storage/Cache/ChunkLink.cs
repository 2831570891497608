namespace Engine.Storage.Cache;

/// <summary>A place in a ring of chunks, from the one to be given up next to the youngest; alone while in no ring.</summary>
internal class ChunkLink
{
    public ChunkLink() => (Older, Younger) = (this, this);

    public ChunkLink Older { get; private set; }

    public ChunkLink Younger { get; private set; }

    /// <summary>Takes its place behind the youngest of <paramref name="ring"/>.</summary>
    public void LinkYoungest(ChunkLink ring)
    {
        Unlink();
        (Older, Younger) = (ring.Older, ring);
        Older.Younger = this;
        ring.Older = this;
    }

    public void Unlink()
    {
        Older.Younger = Younger;
        Younger.Older = Older;
        (Older, Younger) = (this, this);
    }
}
