namespace Engine.Storage;

/// <summary>A batch boundary: where in its segment's file the batch with this base offset begins.</summary>
internal readonly record struct LogPosition(long Offset, long Bytes);
