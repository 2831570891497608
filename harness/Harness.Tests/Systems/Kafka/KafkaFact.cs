using Harness.Plans;
using Harness.Systems.Kafka;

namespace Harness.Tests.Systems.Kafka;

/// <summary>A test on the real Apache Kafka; skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute() => Skip = ApacheKafka.AsShipped().WhatIsMissing(new ClusterPlan())!;
}
