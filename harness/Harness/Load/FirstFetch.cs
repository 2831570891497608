using System.Text;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Harness.Load.Wire;

namespace Harness.Load;

/// <summary>One fetch from the start of a topic's first partition: the moment at which a restarted node is of use again.</summary>
public static class FirstFetch
{
    /// <summary>Later versions name topics by an id, which would have to be asked for first.</summary>
    private const short LastWithTopicNames = FetchRequest.FirstWithTopicIds - 1;

    private const int MaxBytes = 1 << 20;

    /// <summary>Asks until records come: a node may take requests a moment before it leads its partitions.</summary>
    /// <exception cref="LoadException">None came in time.</exception>
    public static void Of(string broker, string topic, TimeSpan timeout)
    {
        var until = DateTime.UtcNow + timeout;
        using var connection = new ControlConnection(BrokerAddress.Parse(broker)!, "testbed-first", timeout);
        var version = connection.Version(ApiKey.Fetch, LastWithTopicNames);
        var request = new FetchRequest { MaxWaitMs = 100, MinBytes = 1, MaxBytes = MaxBytes };
        request.Add(Encoding.UTF8.GetBytes(topic), partition: 0, fetchOffset: 0, MaxBytes);
        var response = new FetchResponse();
        while (DateTime.UtcNow < until)
        {
            connection.Call(ApiKey.Fetch, version, request.Write, (ref WireReader reader, short read) =>
            {
                response.Read(ref reader, read);
                return 0;
            });
            if (response.Partitions.Length == 1 && response.Partitions[0].RecordsLength > 0) return;
        }

        throw new LoadException($"{broker} gave no record of {topic} within {timeout.TotalSeconds:0} s");
    }
}
