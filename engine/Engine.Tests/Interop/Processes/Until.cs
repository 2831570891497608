using System.Diagnostics;

namespace Engine.Tests.Interop.Processes;

/// <summary>Waits for a condition by looking again and again until a deadline, never by guessing how long something takes.</summary>
internal static class Until
{
    // Long, for only a failing test waits it out, and the machine may be doing much else.
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static void True(Func<bool> condition, Func<string> what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Deadline) Assert.Fail($"not within {Deadline.TotalSeconds:F0} s: {what()}");
            Thread.Sleep(10);
        }
    }

    public static void True(Func<bool> condition, string what) => True(condition, () => what);

    /// <summary>Gives the first thing found.</summary>
    public static T Found<T>(Func<T?> look, string what)
        where T : class
    {
        T? found = null;
        True(() => (found = look()) is not null, what);
        return found!;
    }
}
