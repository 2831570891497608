using System.Buffers.Binary;
using Engine.Broker.Network;
using Engine.Protocol.Wire;

namespace Engine.Broker;

/// <summary>One client's connection: cuts frames, starts requests, sends answers in the order of the requests.</summary>
/// <remarks>
/// Reads ahead: a request is begun as soon as it is here, also while earlier ones wait for replicas or for records, since
/// the order of effects is given by the order of beginning. <see cref="Received"/> runs on the transport's thread, one call
/// at a time; answers come from any thread.
/// </remarks>
internal sealed class Connection(ITransportConnection wire, Dispatch dispatch, ListenerKind listener, int maxFrameBytes) : IConnectionHandler
{
    // A client that pipelines deeper is not read from until half of its requests are answered. (One that does not read its
    // answers is the transport's to hold back.)
    private const int MaxUnanswered = 256;

    private readonly Lock _lock = new();
    private readonly Queue<Answer> _unanswered = new();
    private readonly Pool<Answer> _answers = new(() => new Answer());
    private volatile bool _held;
    private bool _full;
    private volatile bool _closed;

    /// <summary>Which of the node's listeners the client came in by: replicas may fetch on one of them only.</summary>
    public ListenerKind Listener => listener;

    /// <summary>What lives as long as this connection, such as a stream to a follower: disposed when it has ended. Set on the transport's thread.</summary>
    public IDisposable? Stream { get; set; }

    public int BytesWanted { get; private set; }

    public int Received(Span<byte> bytes)
    {
        var consumed = 0;
        while (!_closed && !_held && !IsFull())
        {
            var left = bytes[consumed..];
            if (left.Length < sizeof(int))
            {
                BytesWanted = sizeof(int);
                break;
            }

            var frameBytes = BinaryPrimitives.ReadInt32BigEndian(left);
            // Checked before a byte of it is stored: a length is the first thing a stray or hostile peer gets wrong.
            if (frameBytes < 0 || frameBytes > maxFrameBytes)
                throw new WireException($"a frame of {frameBytes} bytes announced, 0 to {maxFrameBytes} are allowed");

            BytesWanted = sizeof(int) + frameBytes;
            if (left.Length < BytesWanted) break;

            dispatch.Handle(this, left.Slice(sizeof(int), frameBytes));
            consumed += sizeof(int) + frameBytes;
            BytesWanted = sizeof(int);
        }

        return consumed;
    }

    /// <summary>Reserves the place of a request's answer. Called in request order.</summary>
    public Answer Expect()
    {
        lock (_lock)
        {
            var answer = _answers.Rent();
            answer.IsComplete = false;
            _unanswered.Enqueue(answer);
            return answer;
        }
    }

    /// <summary>The answer is ready: it is sent now if it is the next in order, else with the one before it.</summary>
    public void Complete(Answer answer)
    {
        var resume = false;
        lock (_lock)
        {
            answer.IsComplete = true;
            while (_unanswered.TryPeek(out var next) && next.IsComplete)
            {
                _unanswered.Dequeue();
                if (_closed) next.Drop();
                else next.SendTo(wire);
                _answers.Return(next);
            }

            if (_full && _unanswered.Count <= MaxUnanswered / 2)
            {
                _full = false;
                resume = true;
            }
        }

        if (resume && !_held) wire.Resume();
    }

    /// <summary>Begins no further request until <see cref="Proceed"/>: for requests whose work must not run on the transport's thread.</summary>
    public void Hold()
    {
        _held = true;
        wire.Pause();
    }

    public void Proceed()
    {
        _held = false;
        wire.Resume();
    }

    /// <summary>Runs a request's work that may wait for the disk, on a thread that keeps nobody else waiting.</summary>
    public void RunWhereItMayWait(IDiskWork work) => wire.RunWhereItMayWait(work);

    /// <summary>Ends the connection, for a reason that the client is to notice.</summary>
    public void Close() => wire.Close();

    public void Closed()
    {
        lock (_lock)
        {
            _closed = true;
            // Those not complete are dropped by their requests, which still run.
            while (_unanswered.TryPeek(out var next) && next.IsComplete)
            {
                _unanswered.Dequeue();
                next.Drop();
            }
        }

        Stream?.Dispose();
    }

    private bool IsFull()
    {
        lock (_lock)
        {
            if (_unanswered.Count < MaxUnanswered) return false;

            _full = true;
            wire.Pause();
            return true;
        }
    }
}

/// <summary>A node's two doors.</summary>
internal enum ListenerKind
{
    /// <summary>For clients.</summary>
    Client,

    /// <summary>For the other brokers: here, and only here, a fetch may acknowledge as a replica.</summary>
    InterBroker,
}
