namespace Engine.Broker.Metadata;

/// <summary>When a node that is not heard of counts as dead, and how often it makes itself heard.</summary>
/// <param name="Timeout">Kafka's <c>broker.session.timeout.ms</c>.</param>
/// <param name="HeartbeatInterval">Kafka's <c>broker.heartbeat.interval.ms</c>.</param>
internal sealed record SessionTimes(TimeSpan Timeout, TimeSpan HeartbeatInterval)
{
    /// <summary>Below a second a busy machine would be taken for a dead one: see <see cref="TimeoutPreset"/> for those that are not busy.</summary>
    public static readonly SessionTimes Default = new(TimeSpan.FromMilliseconds(1500), TimeSpan.FromMilliseconds(250));

    /// <summary>What is wrong with them, or null. A session must outlive a heartbeat that comes late.</summary>
    public string? Problem() => HeartbeatInterval * 2 > Timeout
        ? $"broker.heartbeat.interval.ms={HeartbeatInterval.TotalMilliseconds} must be at most half of " +
            $"broker.session.timeout.ms={Timeout.TotalMilliseconds}"
        : null;
}
