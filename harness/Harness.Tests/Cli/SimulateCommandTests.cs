using Harness.Cli;

namespace Harness.Tests.Cli;

/// <summary>The way from the command line to the simulator, which is a process of its own.</summary>
public sealed class SimulateCommandTests
{
    [Fact]
    public async Task Simulate_SomeSeeds_SaysHowManyHeld()
    {
        var (exitCode, output, error) = await Run("simulate", "--seeds", "6", "--from", "40");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("6 of 6 schedules from seed 40", output);
    }

    [Fact]
    public async Task Simulate_Traced_ShowsTheSameEventsEachTime()
    {
        string[] args = ["simulate", "--seeds", "1", "--from", "3", "--scenario", "durable", "--trace"];
        var (_, first, _) = await Run(args);
        var (_, second, _) = await Run(args);

        Assert.Contains("heartbeat of registration", first);
        Assert.Equal(Events(first), Events(second));
    }

    [Fact]
    public async Task Simulate_ScenarioThatThereIsNot_IsRefusedWithThoseThereAre()
    {
        var (exitCode, _, error) = await Run("simulate", "--scenario", "sunny");

        Assert.Equal(2, exitCode);
        Assert.All(["sunny", "durable", "page-cache"], word => Assert.Contains(word, error));
    }

    // All but the last line, which says how fast it went.
    private static string Events(string output) => output[..output.TrimEnd().LastIndexOf('\n')];

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.Run(args, new Surroundings(output, error, TextReader.Null));
        return (exitCode, output.ToString(), error.ToString());
    }
}
