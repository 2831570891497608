namespace Micro;

/// <summary>How thoroughly a benchmark is measured.</summary>
public enum Thoroughness
{
    /// <summary>Ten to twenty iterations of a quarter of a second: for figures that are quoted.</summary>
    Full,

    /// <summary>Three short iterations: for a look.</summary>
    Quick,

    /// <summary>Called once, in any build: proves that it runs, measures nothing.</summary>
    Dry,
}

/// <summary>What the command line asks for.</summary>
/// <param name="Filter">A glob over the benchmarks' full names: <c>*Append*</c>.</param>
/// <param name="Artifacts">The folder that reports go to.</param>
/// <param name="Thoroughness">How long to measure.</param>
/// <param name="Class">The one class to run in this process; null starts a process for each that matches.</param>
public sealed record MicroOptions(string Filter, string Artifacts, Thoroughness Thoroughness, string? Class)
{
    public const string UsageText = "usage: Micro [--filter GLOB] [--artifacts DIR] [--quick | --dry]";

    /// <summary>Null when the arguments are none of the program's.</summary>
    public static MicroOptions? Parse(IReadOnlyList<string> args)
    {
        var options = new MicroOptions("*", Path.Combine(Path.GetTempPath(), "testbed-micro"), Thoroughness.Full, null);
        for (var i = 0; i < args.Count; i++)
        {
            var value = i + 1 < args.Count ? args[i + 1] : null;
            switch (args[i])
            {
                case "--filter" when value is not null:
                    options = options with { Filter = value };
                    i++;
                    break;
                case "--artifacts" when value is not null:
                    options = options with { Artifacts = Path.GetFullPath(value) };
                    i++;
                    break;
                case "--class" when value is not null:
                    options = options with { Class = value };
                    i++;
                    break;
                case "--quick":
                    options = options with { Thoroughness = Thoroughness.Quick };
                    break;
                case "--dry":
                    options = options with { Thoroughness = Thoroughness.Dry };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }
}
