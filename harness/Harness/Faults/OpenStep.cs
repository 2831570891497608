using Engine.Core.Strategies;
using Harness.Load.Content;

namespace Harness.Faults;

/// <summary>A step of a script before a run has drawn what it leaves open: <c>kill(leader|follower, at=2s..4s)</c>.</summary>
internal sealed class OpenStep
{
    private const string Window = "..";
    private const char Or = '|';

    private readonly StepText _text;
    private readonly IReadOnlyList<Choice> _choices;

    private OpenStep(StepText text, IReadOnlyList<Choice> choices, IReadOnlyList<FaultStep> ends) => (_text, _choices, Ends) = (text, choices, ends);

    /// <summary>The step with every parameter it has, given or default.</summary>
    public string Text => _text.ToString();

    /// <summary>All that may be drawn, of windows the two ends.</summary>
    public IReadOnlyList<FaultStep> Ends { get; }

    /// <summary>Reads one step.</summary>
    /// <exception cref="StrategyException">Something that may be drawn is no step, or a window is none; the message says what is allowed.</exception>
    public static OpenStep Parse(string text)
    {
        if (StepText.Read(text) is not { } written) return Fixed(FaultStep.Parse(text));

        IReadOnlyList<Choice> choices = [.. written.Arguments.Select(argument => Choice.Read(argument.Key, argument.Value)).OfType<Choice>()];
        if (choices.Count == 0) return Fixed(FaultStep.Parse(text));

        var first = Resolved(choices.Aggregate(written, (step, choice) => step.With(choice.Key, choice.Options[0])));
        // One choice after the other in the words of the step itself, beside the first of all others.
        IReadOnlyList<Choice> resolved =
            [.. choices.Select(choice => choice with { Options = [.. choice.Options.Select(option => Resolved(first.With(choice.Key, option)).ValueOf(choice.Key))] })];
        foreach (var choice in resolved) choice.Check(text);

        var ends = resolved.Aggregate<Choice, IEnumerable<StepText>>([first], (steps, choice) => steps.SelectMany(step => choice.Options.Select(option => step.With(choice.Key, option))));
        return new(resolved.Aggregate(first, (step, choice) => step.With(choice.Key, choice.ToString())), resolved, [.. ends.Select(end => FaultStep.Parse(end.ToString()))]);
    }

    /// <param name="seed">The run's.</param>
    /// <param name="number">Which step of its script this is.</param>
    public FaultStep Draw(ulong seed, int number)
    {
        if (_choices.Count == 0) return Ends[0];

        var step = _text;
        foreach (var (choice, place) in _choices.Select((choice, place) => (choice, place)))
            step = step.With(choice.Key, choice.Draw(Scramble.At(Scramble.Sequence(seed, (ulong)number, place), 0)));
        return FaultStep.Parse(step.ToString());
    }

    private static OpenStep Fixed(FaultStep step) => new(StepText.Read(step.Text)!, [], [step]);

    private static StepText Resolved(StepText step) => StepText.Read(FaultStep.Parse(step.ToString()).Text)!;

    /// <summary>A parameter that is drawn: from a window of time, or among words.</summary>
    private sealed record Choice(string Key, IReadOnlyList<string> Options, bool IsWindow)
    {
        public static Choice? Read(string key, string value)
        {
            if (value.Contains(Or, StringComparison.Ordinal)) return new(key, value.Split(Or, StringSplitOptions.TrimEntries), IsWindow: false);

            var ends = value.Split(Window, StringSplitOptions.TrimEntries);
            return ends.Length == 2 ? new(key, ends, IsWindow: true) : null;
        }

        /// <exception cref="StrategyException">It is a window, but not of time, or its end comes before its beginning.</exception>
        public void Check(string step)
        {
            if (!IsWindow) return;

            if (Quantity.ParseDuration(Options[0]) is not { } from || Quantity.ParseDuration(Options[1]) is not { } to)
                throw new StrategyException($"'{step}': only a time is drawn from a window, such as at=2s..4s; write {string.Join(Or, Options)} for one of these.");
            if (to < from)
                throw new StrategyException($"'{step}': the window {this} ends before it begins.");
        }

        public string Draw(ulong bits)
        {
            if (!IsWindow) return Options[(int)(bits % (ulong)Options.Count)];

            var (from, to) = (Quantity.ParseDuration(Options[0])!.Value, Quantity.ParseDuration(Options[1])!.Value);
            var milliseconds = (ulong)(to - from).TotalMilliseconds;
            return Quantity.Format(from + TimeSpan.FromMilliseconds(bits % (milliseconds + 1)));
        }

        public override string ToString() => string.Join(IsWindow ? Window : Or.ToString(), Options);
    }
}
