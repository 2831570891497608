using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A leader that is killed, stopped cleanly and made to stand still, under a load that goes on.</summary>
public sealed class Failover : Experiment
{
    private const string Kill = "kill(leader, at=3s, back=3s)";
    private const string Restart = "restart(leader, at=3s)";
    private const string Pause = "pause(leader, at=3s, for=5s)";

    public override string Id => "E18";

    public override string Title => "Through the loss of a leader";

    public override string Question =>
        "How long is nothing acknowledged when the leader of a partition goes, by how it goes and by timeouts, and is anything lost?";

    public override Expectation Expectation => new(
        "With default timeouts acknowledgements stop for at most 2 s when a leader is killed or stands still, with tight ones for at most 0.5 s, "
        + "the producer's part included. A killed one is missed as soon as its lock is free (embedded metadata), one that stands still when its "
        + "session is over, and when it wakes nobody follows it. A clean stop hands leadership over first, so that producers lose one question and "
        + "answer: at most 500 ms. Nothing that was acknowledged is lost, stored twice or out of order in any of them.",
        AtMost(2000, Kill, "default", "killed: at most 2 s without an acknowledgement"),
        AtMost(500, Kill, "tight", "killed, tight timeouts: at most 0.5 s without one"),
        AtMost(2000, Pause, "default", "standing still: at most 2 s without one"),
        AtMost(500, Pause, "tight", "standing still, tight timeouts: at most 0.5 s without one"),
        Expect.AtMost(500, Metric.Silence, [("fault", Restart)], "stopped cleanly: at most 500 ms without one"),
        Expect.AtMost(0, Metric.Lost, [], "nothing acknowledged is lost"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Load = new ProduceLoad
            {
                Send = new ProduceSpec { RecordsPerSecond = 20_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(2) },
                // A producer goes looking for another leader when this is over; from then on the brokers decide how long it takes.
                RequestTimeout = TimeSpan.FromMilliseconds(250),
                RetryBackoff = TimeSpan.FromMilliseconds(20),
            },
            Vary = [Axis.Any("timeouts", "broker.timeouts", "default", "tight"), Axis.Faults(Kill, Restart, Pause)],
            Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(10), Repeats: 3),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        Through("A leader is killed", Kill, "default"),
        Through("A leader is killed, tight timeouts", Kill, "tight"),
        Through("A leader is stopped cleanly and started again", Restart, "default"),
        Through("A leader stands still", Pause, "default"),
        Through("A leader stands still, tight timeouts", Pause, "tight"),
        new() { Kind = ChartKind.Bars, Title = "Longest time without an acknowledgement", Metric = "silence" },
    ];

    private static Check AtMost(double milliseconds, string fault, string timeouts, string text) =>
        Expect.AtMost(milliseconds, Metric.Silence, [("fault", fault), ("timeouts", timeouts)], text);

    private static ChartRequest Through(string title, string fault, string timeouts) => new()
    {
        Kind = ChartKind.FaultTimeline, Title = title, Only = new Dictionary<string, string> { ["fault"] = fault, ["timeouts"] = timeouts },
    };
}
