namespace Engine.Simulation.Faults;

/// <summary>What goes wrong.</summary>
internal enum FaultKind
{
    /// <summary>A process is killed and started again; what it wrote is in the page cache.</summary>
    Crash,

    /// <summary>All of them at once.</summary>
    CrashAll,

    /// <summary>A machine loses its power: what was not flushed is lost or torn.</summary>
    PowerLoss,

    /// <summary>All machines at once.</summary>
    PowerLossAll,

    /// <summary>One machine of a cluster in which all is well; no other node dies until all is well again.</summary>
    PowerLossOfOne,

    /// <summary>A machine whose replica may not lead, as it has not caught up, while no other is down; no other node dies until all is well.</summary>
    PowerLossOfOutsider,

    /// <summary>A node hands over, flushes, stops and starts again.</summary>
    CleanRestart,

    /// <summary>A process is stopped for a while and goes on where it was.</summary>
    Pause,

    /// <summary>Messages from one endpoint to another are lost; those the other way arrive.</summary>
    CutOneWay,

    CutBothWays,

    /// <summary>A node reaches nobody.</summary>
    Isolate,

    /// <summary>A node reaches the others and not the metadata store.</summary>
    CutFromStore,

    /// <summary>What a node asks of the metadata store arrives there; the answers do not.</summary>
    CutFromAnswers,

    /// <summary>The metadata store is gone for a while.</summary>
    StoreCrash,

    /// <summary>The metadata store stands still for a while, and then hears all at once what it was told.</summary>
    StorePause,

    /// <summary>Messages between two endpoints take long.</summary>
    SlowLink,

    /// <summary>A disk fails a flush, and what it should have written is gone; the node ends.</summary>
    FailedFlush,
}
