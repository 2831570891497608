using System.CommandLine;
using Engine.Core.Strategies;
using Harness.Cli.Progress;
using Harness.Measures.Calibrating;
using Harness.Results;

namespace Harness.Cli.Commands;

/// <summary><c>testbed calibrate</c>: what the machine can do by itself, as it is measured before and after a campaign.</summary>
internal static class CalibrateCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var data = SharedOptions.Data("On which disk. [testbed in the temporary folder]");
        var time = new Option<TimeSpan>("--time")
        {
            Description = "How long each of the six probes takes. [1s]",
            HelpName = "DURATION",
            DefaultValueFactory = _ => TimeSpan.FromSeconds(1),
            CustomParser = result =>
            {
                if (Quantity.ParseDuration(result.Tokens[0].Value) is { } duration && duration > TimeSpan.Zero) return duration;

                result.AddError($"--time {result.Tokens[0].Value}: write a duration with its unit, such as 500ms or 2s.");
                return default;
            },
        };
        var json = new Option<bool>("--json") { Description = "Prints them as calibration.json of a result holds them." };
        var command = new Command("calibrate", "Measures the machine's limits: memory, loopback, page cache, sendfile, device and fsync.")
        { data, time, json };
        command.SetAction((parsed, stop) =>
        {
            var calibration = Measure(parsed.GetValue(data) ?? Checkout.Data, parsed.GetValue(time), stop);
            if (parsed.GetValue(json)) surroundings.Out.Write(ResultFolder.ToJson(calibration));
            else CalibrationTable.Write(surroundings, calibration);
            return Task.FromResult(calibration.Missing.Count == 0 ? ExitCode.Success : ExitCode.Failed);
        });
        return command;
    }

    private static Calibration Measure(string folder, TimeSpan time, CancellationToken stop)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the data folder {folder} cannot be written: {error.Message}");
        }

        return new Calibrator(folder, time).Measure(stop);
    }
}
