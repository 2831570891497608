using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A leader that is killed, stopped cleanly and made to stand still, under a load that goes on.</summary>
public sealed class Failover : Experiment
{
    public override string Id => "E18";

    public override string Title => "Through the loss of a leader";

    public override string Question => "How long is nothing acknowledged when the leader of a partition goes, by how it goes, and is anything lost?";

    public override Expectation Expectation => new(
        "A killed leader is missed when its session is over, and another leads at once: acknowledgements stop for at most 2 s with default timeouts. "
        + "A clean stop hands leadership over first, so that producers lose one question and answer: at most 500 ms. One that stands still is missed like a killed one, "
        + "and when it wakes nobody follows it. Nothing that was acknowledged is lost, stored twice or out of order in any of them.",
        Expect.AtMost(2000, Metric.Silence, [("fault", "kill")], "killed: at most 2 s without an acknowledgement"),
        Expect.AtMost(500, Metric.Silence, [("fault", "restart")], "stopped cleanly: at most 500 ms without one"),
        Expect.AtMost(2500, Metric.Silence, [("fault", "pause")], "standing still: at most 2.5 s without one"),
        Expect.AtMost(0, Metric.Lost, [], "nothing acknowledged is lost"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Load = new ProduceLoad
            {
                Send = new ProduceSpec { RecordsPerSecond = 20_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(2) },
                RequestTimeout = TimeSpan.FromSeconds(1),
            },
            Vary = [Axis.Faults("kill(leader, at=3s, back=3s)", "restart(leader, at=3s)", "pause(leader, at=3s, for=5s)")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(10), Repeats: 3),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        Through("A leader is killed", "kill"),
        Through("A leader is stopped cleanly and started again", "restart"),
        Through("A leader stands still", "pause"),
        new() { Kind = ChartKind.Bars, Title = "Longest time without an acknowledgement", Metric = "silence" },
    ];

    private static ChartRequest Through(string title, string fault) =>
        new() { Kind = ChartKind.FaultTimeline, Title = title, Only = new Dictionary<string, string> { ["fault"] = fault } };
}
