using System.Net.Sockets;
using Engine.Core;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>Produces batch after batch with acks=all on a thread of its own, whatever happens to the nodes, and keeps what was acknowledged.</summary>
/// <remarks>
/// Every value is sent once: after an answer that did not come nobody knows whether the batch is stored, so it counts as
/// neither acknowledged nor lost.
/// </remarks>
internal sealed class SteadyProducer : IDisposable
{
    private const int RecordsPerBatch = 20;

    private readonly BrokerCluster _cluster;
    private readonly string _topic;
    private readonly List<StoredRecord> _acknowledged = [];
    private readonly Thread _thread;
    private volatile bool _stop;
    private Exception? _failure;

    public SteadyProducer(BrokerCluster cluster, string topic)
    {
        (_cluster, _topic) = (cluster, topic);
        _thread = new Thread(Run) { Name = "steady producer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many records have been acknowledged so far.</summary>
    public int Count
    {
        get { lock (_acknowledged) return _acknowledged.Count; }
    }

    /// <summary>Waits until this many more records are acknowledged than are now.</summary>
    public void WaitForMore(int records)
    {
        var goal = Count + records;
        Until.True(() => Count >= goal || _failure is not null, () => $"{Count} of {goal} records acknowledged");
        if (_failure is not null) throw new InvalidOperationException("the producer failed", _failure);
    }

    /// <summary>Stops and gives every acknowledged record at the offset it was promised.</summary>
    public IReadOnlyList<StoredRecord> Stop()
    {
        _stop = true;
        _thread.Join();
        return _failure is null ? _acknowledged : throw new InvalidOperationException("the producer failed", _failure);
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Run()
    {
        try
        {
            for (var batch = 0; !_stop;)
            {
                using var leader = _cluster.TryConnectToLeader(_topic);
                if (leader is null) Thread.Sleep(10);
                else while (!_stop && TryProduce(leader, batch++)) { }
            }
        }
        catch (Exception error)
        {
            _failure = error;
        }
    }

    /// <summary>False when the connection is of no more use.</summary>
    private bool TryProduce(RawClient leader, int batch)
    {
        try
        {
            var values = Enumerable.Range(0, RecordsPerBatch).Select(record => $"batch {batch} record {record}").ToArray();
            var answer = leader.Produce(_topic, 0, RecordBatch.Of(values));
            if (answer.Error != ErrorCode.None) return false;

            lock (_acknowledged)
                for (var record = 0; record < values.Length; record++) _acknowledged.Add(new(answer.BaseOffset + record, values[record]));
            return true;
        }
        catch (Exception error) when (error is SocketException or EndOfStreamException)
        {
            return false;
        }
    }
}
