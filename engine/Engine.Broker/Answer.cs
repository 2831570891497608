using Engine.Broker.Network;
using Engine.Core.Memory;
using Engine.Protocol.Wire;
using Engine.Storage;

namespace Engine.Broker;

/// <summary>One response on its way out: framing in memory, and slices of logs between it.</summary>
/// <remarks>
/// A connection answers in the order it was asked (clients match responses by order), so an answer holds its place from the
/// request on and waits, complete, until all before it are sent. Owns its pieces until the transport takes them.
/// </remarks>
internal sealed class Answer
{
    private readonly List<Piece> _pieces = [];

    /// <summary>Guarded by the connection's lock.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Adds a copy of <paramref name="framing"/>.</summary>
    public void Add(ReadOnlySpan<byte> framing)
    {
        var block = BlockPool.Shared.Rent(framing.Length);
        framing.CopyTo(block.Bytes);
        _pieces.Add(new Piece(block, framing.Length, default));
    }

    /// <summary>Adds a slice, which is this answer's to release from now on.</summary>
    public void Add(in LogSlice slice) => _pieces.Add(new Piece(null, slice.Length, slice));

    /// <summary>Adds a whole frame whose body was written into <paramref name="frame"/>.</summary>
    public void Add(WireBuffer frame) => Add(frame.Written);

    /// <summary>Hands all pieces to the transport in order.</summary>
    public void SendTo(ITransportConnection wire)
    {
        wire.BeginSend();
        try
        {
            for (var i = 0; i < _pieces.Count; i++)
            {
                var piece = _pieces[i];
                var more = i < _pieces.Count - 1;
                if (piece.Block is not null) wire.Send(piece.Block, piece.Length, more);
                else wire.Send(piece.Slice, more);
            }
        }
        finally
        {
            wire.EndSend();
            _pieces.Clear();
        }
    }

    /// <summary>Lets go of pieces that will not be sent.</summary>
    public void Drop()
    {
        foreach (var piece in _pieces)
        {
            if (piece.Block is not null) piece.Block.Dispose();
            else piece.Slice.Release();
        }

        _pieces.Clear();
    }

    private readonly record struct Piece(Block? Block, int Length, LogSlice Slice);
}
