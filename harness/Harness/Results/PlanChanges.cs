namespace Harness.Results;

/// <summary>In what two plans of one experiment are not the same, a sentence each.</summary>
public static class PlanChanges
{
    public static IEnumerable<string> Between(ResultPlan before, ResultPlan now) =>
        Between("cells", before.Cells.Select(cell => cell.Id + " " + cell.Label), now.Cells.Select(cell => cell.Id + " " + cell.Label))
            .Concat(Between("cluster", Texts(before.Cluster), Texts(now.Cluster)))
            .Concat(Between("load", Texts(before.Load), Texts(now.Load)))
            .Concat(before.Schedule == now.Schedule ? [] : [$"schedule: was {before.Schedule}, is {now.Schedule}"]);

    private static IEnumerable<string> Between(string what, IEnumerable<string> before, IEnumerable<string> now)
    {
        var (gone, added) = (before.Except(now).ToList(), now.Except(before).ToList());
        if (gone.Count > 0 || added.Count > 0) yield return $"{what}: was {Text(gone)}, is {Text(added)}";

        static string Text(List<string> texts) => texts.Count == 0 ? "nothing" : string.Join("; ", texts);
    }

    private static IEnumerable<string> Texts(IReadOnlyDictionary<string, string> facts) => facts.Select(fact => $"{fact.Key} {fact.Value}");
}
