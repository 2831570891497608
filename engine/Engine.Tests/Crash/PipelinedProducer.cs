using System.Net;
using System.Net.Sockets;
using Engine.Core;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Crash;

/// <summary>Sends batch after batch to one partition, several on their way at once, until it is refused, cut off or told to stop.</summary>
/// <remarks>Its values tell their offsets and nothing is sent twice, so what should lie at an offset is known without looking it up.</remarks>
internal sealed class PipelinedProducer : IDisposable
{
    private const int RecordsPerBatch = 10;
    private const int OnTheirWay = 8;

    private readonly RawClient _client;
    private readonly string _topic;
    private readonly int _partition;
    private readonly short _acks;
    private readonly Thread _thread;
    private volatile bool _stop;
    private volatile int _sent;
    private volatile int _acknowledged;
    private volatile Exception? _failure;

    public PipelinedProducer(IPEndPoint node, string topic, int partition, short acks)
    {
        (_topic, _partition, _acks) = (topic, partition, acks);
        _client = new RawClient(node);
        _thread = new Thread(Run) { Name = $"producer of {topic}-{partition}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Records acknowledged so far: all before this offset.</summary>
    public int Acknowledged => _acknowledged;

    /// <summary>The answer that ended it; none when the connection broke or it was told to stop.</summary>
    public ErrorCode Refusal { get; private set; }

    public void WaitFor(int acknowledged) => Until.True(
        () => _acknowledged >= acknowledged || !_thread.IsAlive, () => $"{_acknowledged} of {acknowledged} records acknowledged {_failure}");

    /// <summary>Waits until it has ended by itself, or ends it.</summary>
    public void End(bool atOnce = true)
    {
        _stop = atOnce;
        _thread.Join();
        if (_failure is not null) throw new InvalidOperationException("the producer failed", _failure);
    }

    /// <summary>Compares what is stored with what was sent and acknowledged. Only what is missing at the end may be missing.</summary>
    /// <param name="stored">What is there.</param>
    /// <param name="acknowledged">How many records had been acknowledged when it happened.</param>
    public Survival Compare(IReadOnlyList<StoredRecord> stored, int acknowledged)
    {
        for (var i = 0; i < stored.Count; i++)
        {
            if (i >= _sent || stored[i] != new StoredRecord(i, Value(i)))
                return new Survival(acknowledged - i, $"record {i} of {_topic}-{_partition} is {stored[i]}, of {_sent} sent");
        }

        return new Survival(Math.Max(0, acknowledged - stored.Count), null);
    }

    public void Dispose()
    {
        _stop = true;
        _client.Dispose();
        _thread.Join();
    }

    private string Value(int offset) => $"partition {_partition} record {offset} {new string((char)('a' + (offset % 26)), 100 + (offset % 300))}";

    private void Run()
    {
        try
        {
            var pending = new Queue<(int CorrelationId, int End)>();
            while (!_stop || pending.Count > 0)
            {
                while (!_stop && pending.Count < OnTheirWay)
                {
                    var first = _sent;
                    _sent += RecordsPerBatch;
                    var batch = RecordBatch.Of([.. Enumerable.Range(first, RecordsPerBatch).Select(Value)]);
                    pending.Enqueue((_client.SendProduce(_topic, _partition, batch, _acks), _sent));
                }

                if (pending.Count == 0) return;
                var (correlationId, end) = pending.Dequeue();
                var answer = _client.ReceiveProduced(correlationId);
                if (answer.Error != ErrorCode.None)
                {
                    Refusal = answer.Error;
                    return;
                }

                Assert.Equal(end - RecordsPerBatch, answer.BaseOffset);
                _acknowledged = end;
            }
        }
        catch (Exception cut) when (cut is SocketException or EndOfStreamException or ObjectDisposedException)
        {
            // The node is gone. What had no answer counts as sent and not as acknowledged.
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
    }
}

/// <summary>What a crash left of what was sent.</summary>
/// <param name="LostAcknowledged">Records that were acknowledged and are not there.</param>
/// <param name="Damage">What is there and should not be: a hole, changed bytes, records nobody sent; null when nothing is.</param>
internal readonly record struct Survival(int LostAcknowledged, string? Damage);
