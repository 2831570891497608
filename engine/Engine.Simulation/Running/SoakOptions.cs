using System.Collections.Immutable;
using System.Globalization;

namespace Engine.Simulation.Running;

/// <summary>What to run.</summary>
internal sealed record SoakOptions
{
    private const string Usage =
        """
        Choose from [--seeds N] [--from SEED] [--scenario NAME] [--spare N,N] [--threads N] [--trace] [--stop-with-stdin]
          --seeds N          how many schedules, one a seed [300]
          --from SEED        the first seed [0]
          --scenario NAME    one of them; without it they take turns, seed by seed
          --spare N,N        faults that do not come, counted from 0 in each schedule
          --threads N        how many at once [one a core]
          --trace            every event of every schedule, for a single seed
          --stop-with-stdin  ends when its standard input does
        """;

    public ulong Seeds { get; init; } = 300;

    public ulong From { get; init; }

    /// <summary>Null: all of them in turn.</summary>
    public Scenario? Scenario { get; init; }

    public ImmutableSortedSet<int> Spared { get; init; } = [];

    public int Threads { get; init; } = Environment.ProcessorCount;

    public bool Traces { get; init; }

    public bool StopsWithInput { get; init; }

    public Scenario ScenarioOf(ulong seed) => Scenario ?? Simulation.Scenario.All[seed % (ulong)Simulation.Scenario.All.Length];

    /// <summary>What a command line says.</summary>
    /// <exception cref="FormatException">It says nothing that makes sense; the message says what is wrong.</exception>
    public static SoakOptions Parse(IReadOnlyList<string> args)
    {
        var options = new SoakOptions();
        for (var i = 0; i < args.Count; i++)
        {
            options = args[i] switch
            {
                "--seeds" => options with { Seeds = Number(1) },
                "--from" => options with { From = Number(0) },
                "--threads" => options with { Threads = (int)Math.Min(Number(1), 1024) },
                "--scenario" => options with { Scenario = Simulation.Scenario.Find(Value()) ?? throw new FormatException(
                    $"there is no scenario '{args[i]}': choose {string.Join(", ", Simulation.Scenario.All.Select(one => one.Name))}.") },
                "--spare" => options with { Spared = Numbers() },
                "--trace" => options with { Traces = true, Threads = 1 },
                "--stop-with-stdin" => options with { StopsWithInput = true },
                var other => throw new FormatException($"'{other}' is no option. {Usage}"),
            };

            string Value() => ++i < args.Count ? args[i] : throw new FormatException($"{args[i - 1]} needs a value.");

            ImmutableSortedSet<int> Numbers()
            {
                var (name, text) = (args[i], Value());
                var numbers = ImmutableSortedSet.CreateBuilder<int>();
                foreach (var one in text.Split(','))
                {
                    if (!int.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                        throw new FormatException($"{name} {text}: give whole numbers with commas between them.");
                    numbers.Add(number);
                }

                return numbers.ToImmutable();
            }

            ulong Number(ulong least)
            {
                var (name, text) = (args[i], Value());
                return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least ? number
                    : throw new FormatException($"{name} {text}: give a whole number of at least {least}.");
            }
        }

        return options;
    }
}
