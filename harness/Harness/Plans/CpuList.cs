using System.Globalization;

namespace Harness.Plans;

/// <summary>CPUs as taskset(1) and the kernel write them: <c>0</c>, <c>0,2</c>, <c>1-3</c>.</summary>
internal static class CpuList
{
    private const string Status = "/proc/self/status";
    private const string Allowed = "Cpus_allowed_list:";

    /// <summary>The numbers in ascending order; null for a text that is no such list.</summary>
    public static IReadOnlyList<int>? Parse(string text)
    {
        var cpus = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || Number(ends[0]) is not { } first || Number(ends[^1]) is not { } last || last < first) return null;

            cpus.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. cpus];
    }

    /// <summary>Why nothing can run on these CPUs here; null where it can.</summary>
    public static string? Problem(string setting, string? cpus)
    {
        if (cpus is null || Parse(cpus) is not { } wanted || AllowedHere() is not { } allowed || wanted.All(Parse(allowed)!.Contains)) return null;

        return $"{setting}={cpus}: this process may use the CPUs {allowed}.";
    }

    /// <summary>What a process may use, as the kernel tells it; null where it does not tell.</summary>
    public static string? AllowedTo(int pid) => AllowedIn(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status"));

    private static string? AllowedHere() => AllowedIn(Status);

    private static string? AllowedIn(string status)
    {
        try
        {
            return File.ReadLines(status).FirstOrDefault(line => line.StartsWith(Allowed, StringComparison.Ordinal))?[Allowed.Length..].Trim();
        }
        catch (IOException)
        {
            return null;
        }
    }

    // A list reaches from the first CPU to the last: what is beyond any machine is a typing error, not a list to be made.
    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 4096 ? number : null;
}
