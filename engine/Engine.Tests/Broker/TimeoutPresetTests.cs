using Engine.Broker;

namespace Engine.Tests.Broker;

/// <summary>Timeouts by one name, and single ones beside it.</summary>
public sealed class TimeoutPresetTests
{
    [Fact]
    public void Timeouts_NotNamed_AreTheDefaults()
    {
        var resolved = Parse().Resolved();
        Assert.Equal(("default", "1500", "250", "10000"), Of(resolved));
    }

    [Fact]
    public void Timeouts_Tight_ChangesAllOfThem() => Assert.Equal(("tight", "300", "50", "1000"), Of(Parse("timeouts=tight").Resolved()));

    [Theory]
    [InlineData("timeouts=tight", "broker.session.timeout.ms=600")]
    [InlineData("broker.session.timeout.ms=600", "timeouts=tight")]
    public void Timeouts_WithASingleOneBesideThem_GiveWayToItInAnyOrder(params string[] settings)
    {
        var options = Parse(settings);
        Assert.Equal(TimeoutPreset.Tight.Session with { Timeout = TimeSpan.FromMilliseconds(600) }, options.Session);
        Assert.Equal(("custom", "600", "50", "1000"), Of(options.Resolved()));
    }

    [Fact]
    public void Timeouts_OfEveryPreset_AreTakenByTheNode() =>
        Assert.All(TimeoutPreset.All, preset => Assert.Null(preset.Session.Problem()));

    [Fact]
    public void Timeouts_ThatAreNotThere_AreRefusedWithThoseThatAre()
    {
        var problems = new List<string>();
        BrokerOptions.Parse(["--set", "timeouts=loose"], problems);
        Assert.Equal("--set timeouts=loose: give default or tight", Assert.Single(problems));
    }

    private static (string, string, string, string) Of(IReadOnlyDictionary<string, string> resolved) =>
        (resolved["timeouts"], resolved["broker.session.timeout.ms"], resolved["broker.heartbeat.interval.ms"], resolved["replica.lag.time.max.ms"]);

    private static BrokerOptions Parse(params string[] settings)
    {
        var problems = new List<string>();
        var options = BrokerOptions.Parse([.. settings.SelectMany(setting => new[] { "--set", setting })], problems);
        Assert.Empty(problems);
        return options;
    }
}
