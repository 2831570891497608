using Engine.Protocol.Records;

namespace Engine.Storage;

/// <summary>Is shown one batch's header.</summary>
public delegate void BatchVisitor(BatchHeader header);
