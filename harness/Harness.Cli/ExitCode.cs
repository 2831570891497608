namespace Harness.Cli;

/// <summary>What the command tells its caller.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It ran and failed: records lost, a node gone, a run that proves nothing.</summary>
    public const int Failed = 1;

    /// <summary>It did not start: something about the call was wrong.</summary>
    public const int Usage = 2;

    /// <summary>It ran, and too few runs or too much noise leave open what was asked.</summary>
    public const int Undecided = 3;

    /// <summary>Stopped by Ctrl-C, as shells count it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
