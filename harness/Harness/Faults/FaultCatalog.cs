using System.Globalization;
using Engine.Core.Strategies;
using Harness.Nodes;

namespace Harness.Faults;

/// <summary>How a fault comes to its end.</summary>
internal enum Lasting
{
    /// <summary>It is over when it is done: <c>restart</c>.</summary>
    Momentary,

    /// <summary>The node is started again after <c>back</c>, or never.</summary>
    UntilBack,

    /// <summary>It is put right after <c>for</c>.</summary>
    ForATime,
}

/// <summary>A kind of fault by name.</summary>
/// <param name="Name">As plans write it.</param>
/// <param name="Lasting">How it ends.</param>
/// <param name="LastsDefault">How long, unless the plan says.</param>
/// <param name="Create">Reads the parameters that only this kind has.</param>
internal sealed record FaultKind(string Name, Lasting Lasting, TimeSpan LastsDefault, Func<StrategySpec, Fault> Create);

/// <summary>Every fault there is. A new one is one file and one line here.</summary>
internal static class FaultCatalog
{
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan For = TimeSpan.FromSeconds(5);

    private static readonly FaultTarget Others = new(FaultTargetKind.Others);

    public static IReadOnlyList<FaultKind> All { get; } =
    [
        new("kill", Lasting.UntilBack, Back, _ => new KillFault()),
        new("pause", Lasting.ForATime, For, _ => new PauseFault()),
        new("restart", Lasting.Momentary, TimeSpan.Zero, _ => new RestartFault()),
        new("cut", Lasting.ForATime, For, spec => new CutFault(
            From(spec), spec.Value<CutWay>("way", CutWay.Both, ParseWay, way => way.ToString().ToLowerInvariant(), "both, in or out"))),
        new("delay", Lasting.ForATime, For, spec => new DelayFault(
            From(spec), spec.Duration("by", TimeSpan.FromMilliseconds(1)), spec.Duration("jitter", TimeSpan.Zero), Loss: 0)),
        new("loss", Lasting.ForATime, For, spec => new DelayFault(
            From(spec), TimeSpan.Zero, TimeSpan.Zero, spec.Value("share", 0.01, ParseShare, FormatShare, "a share such as 1%"))),
        new("slow-disk", Lasting.ForATime, For, spec => new SlowDiskFault(DiskDirection.Write, spec.Bytes("rate", 1 << 20))),
        new("slow-reads", Lasting.ForATime, For, spec => new SlowDiskFault(DiskDirection.Read, spec.Bytes("rate", 64 << 20))),
        new("disk-full", Lasting.ForATime, For, _ => new DiskFullFault()),
        new("fsync-error", Lasting.UntilBack, Back, _ => new FsyncErrorFault()),
        new("power-loss", Lasting.UntilBack, Back, _ => new PowerLossFault()),
    ];

    /// <exception cref="StrategyException">There is none of that name; the message lists what there is.</exception>
    public static FaultKind Find(string name) => All.FirstOrDefault(kind => kind.Name == name) ?? throw new StrategyException(
        $"there is no fault '{name}': choose {string.Join(", ", All.Select(kind => kind.Name))} or {FaultScript.None}.");

    private static FaultTarget From(StrategySpec spec) =>
        spec.Value("from", Others, FaultTarget.ParsePeers, target => target.ToString(), FaultTarget.AllowedPeers);

    private static CutWay? ParseWay(string text) => text switch
    {
        "both" => CutWay.Both,
        "in" => CutWay.In,
        "out" => CutWay.Out,
        _ => null,
    };

    private static double? ParseShare(string text) =>
        text.EndsWith('%') && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100
            ? percent / 100
            : null;

    private static string FormatShare(double share) => (share * 100).ToString("0.###", CultureInfo.InvariantCulture) + "%";
}
