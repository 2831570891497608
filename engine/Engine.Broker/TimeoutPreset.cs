using Engine.Broker.Metadata;

namespace Engine.Broker;

/// <summary>What decides how soon the cluster goes on without a node, chosen together by name: <c>--set timeouts=tight</c>.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Session">When a node that is not heard of counts as dead.</param>
/// <param name="ReplicaLagMax">How long a follower that is heard of, but lags, is waited for. Kafka's <c>replica.lag.time.max.ms</c>.</param>
internal sealed record TimeoutPreset(string Name, SessionTimes Session, TimeSpan ReplicaLagMax)
{
    /// <summary>
    /// A leader that stands still is replaced within 2 s, clients' part included. Shorter than Kafka's 9 s, 2 s and 30 s: a heartbeat is
    /// a store to memory or two small requests here, and nobody needs to wait for a node that is killed on the same machine.
    /// </summary>
    public static readonly TimeoutPreset Default = new("default", SessionTimes.Default, TimeSpan.FromSeconds(10));

    /// <summary>
    /// The same within 0.5 s, for nodes whose machines have cores to spare: one that does not run for 300 ms is taken for dead, which
    /// costs an election and loses nothing.
    /// </summary>
    public static readonly TimeoutPreset Tight =
        new("tight", new(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(50)), TimeSpan.FromSeconds(1));

    public static IReadOnlyList<TimeoutPreset> All { get; } = [Default, Tight];

    public static TimeoutPreset? Find(string name) => All.FirstOrDefault(preset => preset.Name == name);

    /// <summary>The name of the preset whose values are all in force, or <c>custom</c>.</summary>
    public static string NameOf(BrokerOptions options) => All.FirstOrDefault(preset => preset.ApplyTo(options) == options)?.Name ?? "custom";

    public BrokerOptions ApplyTo(BrokerOptions options) => options with { Session = Session, ReplicaLagMax = ReplicaLagMax };
}
