using Engine.Core.Strategies;

namespace Engine.Storage.Flush;

public static class FlushPolicies
{
    public static StrategyCatalog<IFlushPolicy> Catalog { get; } = new("flush",
        new("interval", "fdatasync in the background every so often; acknowledgements do not wait", IntervalFlush.Create),
        new("os-cache", "never asked for: the operating system writes when it likes", OsCacheFlush.Create),
        new("every-batch", "fdatasync after every append, before it is acknowledged", EveryBatchFlush.Create),
        new("group-commit", "one fdatasync for what arrived within a delay; acknowledgements wait for it", GroupCommitFlush.Create),
        new("every-n", "fdatasync after every n-th batch; acknowledgements do not wait", EveryNFlush.Create),
        new("dsync", "segments opened with O_DSYNC: each write is durable when it returns", DsyncFlush.Create),
        new("writeback-pacing", "sync_file_range every so many bytes: paces the disk, promises nothing", WritebackPacing.Create));
}
