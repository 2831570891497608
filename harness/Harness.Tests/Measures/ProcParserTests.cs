using Harness.Measures;

namespace Harness.Tests.Measures;

/// <summary>Against text captured from a live machine.</summary>
public sealed class ProcParserTests
{
    [Fact]
    public void ProcessStat_CommandWithSpacesAndParentheses_CountsFieldsFromTheLast()
    {
        const string stat = "4242 (dotnet (a) b) S 1 4242 4242 0 -1 4194560 10331 55 7 3 1234 567 1 2 20 0 19 0 1234567 274877906944 8192 "
            + "18446744073709551615 1 1 0 0 0 0 0 4096 17642 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

        var counters = default(ProcessCounters).WithStat(stat);

        Assert.Equal(TimeSpan.FromSeconds(12.34), counters.UserTime);
        Assert.Equal(TimeSpan.FromSeconds(5.67), counters.SystemTime);
        Assert.Equal(10331, counters.MinorFaults);
        Assert.Equal(7, counters.MajorFaults);
        Assert.Equal(19, counters.Threads);
        Assert.Equal(8192L * Environment.SystemPageSize, counters.ResidentBytes);
    }

    [Fact]
    public void ProcessIo_EveryLine_LandsInItsField()
    {
        const string io = "rchar: 323934931\nwchar: 323929600\nsyscr: 632687\nsyscw: 632675\nread_bytes: 12288\nwrite_bytes: 323932160\ncancelled_write_bytes: 9\n";

        var counters = default(ProcessCounters).WithIo(io);

        Assert.Equal((323934931, 323929600), (counters.ReadCharsBytes, counters.WriteCharsBytes));
        Assert.Equal((632687, 632675), (counters.ReadCalls, counters.WriteCalls));
        Assert.Equal((12288, 323932160), (counters.DiskReadBytes, counters.DiskWriteBytes));
    }

    [Fact]
    public void Thread_StatusAndSchedstat_GiveSwitchesAndWait()
    {
        var thread = ThreadCounters.Parse("Name:\tlog writer: 1\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n", "85087000 1234500 99\n");

        Assert.Equal((150, 545), (thread.VoluntarySwitches, thread.InvoluntarySwitches));
        Assert.Equal(TimeSpan.FromTicks(12345), thread.RunnableWait);
        Assert.Equal(("log writer: 1", TimeSpan.FromTicks(850870)), (thread.Name, thread.CpuTime));
    }

    [Fact]
    public void BusiestThread_OneThatWasBusyBefore_CountsWhatItUsedSince()
    {
        ThreadUse Of(string name, int seconds) => new(name, TimeSpan.FromSeconds(seconds));
        var before = default(ProcessCounters) with { ThreadUses = new Dictionary<int, ThreadUse> { [1] = Of("main", 50), [2] = Of("writer", 3) } };
        var after = default(ProcessCounters) with { ThreadUses = new Dictionary<int, ThreadUse> { [1] = Of("main", 51), [2] = Of("writer", 7), [3] = Of("late", 2) } };

        Assert.Equal(Of("writer", 4), after.BusiestThreadSince(before));
        Assert.Null(default(ProcessCounters).BusiestThreadSince(before));
    }

    [Fact]
    public void VmStat_Thresholds_GiveWhatMayBeDirtyBeforeWritersWait()
    {
        const string text = "nr_dirty 159\nnr_dirty_threshold 1154096\nnr_dirty_background_threshold 576344\nnr_dirtied 5\n";

        Assert.Equal(865220L * Environment.SystemPageSize, DirtyLimit.Of(text));
        Assert.Null(DirtyLimit.Of("nr_dirty 159\n"));
    }

    [Fact]
    public void NetDev_Loopback_GivesWhatItSent()
    {
        const string text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
              eth0: 1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0
                lo: 3000 30 0 0 0 0 0 0 3001 31 0 0 0 0 0 0
            """;

        Assert.Equal(3001, default(MachineCounters).WithNetwork(text).LoopbackBytes);
    }

    [Fact]
    public void MachineStat_FirstLine_SplitsBusyIdleAndSteal()
    {
        const string stat = "cpu  1000 50 300 8000 200 10 40 400 7 3\ncpu0 500 25 150 4000 100 5 20 200 0 0\nintr 1\n";

        var machine = default(MachineCounters).WithStat(stat);

        Assert.Equal(TimeSpan.FromSeconds(100), machine.TotalTime);
        Assert.Equal(TimeSpan.FromSeconds(14), machine.BusyTime);
        Assert.Equal(TimeSpan.FromSeconds(2), machine.IoWaitTime);
        Assert.Equal(TimeSpan.FromSeconds(4), machine.StealTime);
    }

    [Fact]
    public void MemInfo_NamesThatAreTheEndOfOthers_AreNotConfused()
    {
        const string text = "MemTotal: 24684092 kB\nSwapCached: 99 kB\nCached: 2048 kB\nDirty: 16 kB\nWriteback: 4 kB\nWritebackTmp: 77 kB\n";

        var machine = default(MachineCounters).WithMemory(text);

        Assert.Equal((2048 * 1024L, 16 * 1024L, 4 * 1024L), (machine.CachedBytes, machine.DirtyBytes, machine.WritebackBytes));
    }

    [Fact]
    public void DiskStats_OtherDevicesBeside_OnlyTheDataDeviceCounts()
    {
        const string text = """
               7       0 loop0 11 0 100 3 0 0 0 0 0 3 3 0 0 0 0 0 0
             254       0 vda 5000 10 200 3000 700 20 4000 900 0 1500 3900 0 0 0 0 0 0
             254       1 vda1 1 0 8 1 1 0 8 1 0 1 1 0 0 0 0 0 0
            """;

        var machine = default(MachineCounters).WithDisk(text, new DeviceNumber(254, 0));

        Assert.Equal((200 * 512L, 4000 * 512L), (machine.DiskReadBytes, machine.DiskWriteBytes));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), machine.DiskBusyTime);
        Assert.Equal(0, default(MachineCounters).WithDisk(text, null).DiskReadBytes);
    }

    [Fact]
    public void Kernel_FieldThatIsNotThere_IsNamed()
    {
        var error = Assert.Throws<FormatException>(() => Kernel.Field("Dirty: 1 kB\n", "Writeback"));
        Assert.Contains("Writeback", error.Message);
    }

    [Theory]
    [InlineData("/", "ext4", 254)]
    [InlineData("/tmp", "ext4", 254)]
    [InlineData("/mnt/fast disk/data", "xfs", 259)]
    [InlineData("/mnt/fast diskette", "ext4", 254)]
    [InlineData("/dev/shm/x", "tmpfs", 0)]
    public void MountInfo_PathBelowSeveralMounts_TheDeepestHoldsIt(string path, string fileSystem, int major)
    {
        const string mountinfo = """
            27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
            24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12334492k
            25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw,size=24684092k
            90 27 259:1 / /mnt/fast\040disk rw,noatime - xfs /dev/nvme0n1p1 rw,attr2
            """;

        var volume = DataVolume.Of(path, mountinfo);

        Assert.Equal(fileSystem, volume.FileSystem);
        Assert.Equal(major, volume.Device.Major);
        Assert.Equal(fileSystem == "tmpfs", volume.IsMemory);
    }

    [Fact]
    public void ProcessMeter_FilesOfAnotherMachine_KeepsThreadsThatEndedAndItsPageSizeApart()
    {
        const string stat = "42 (dotnet) S 1 42 42 0 -1 0 5 0 7 0 1234 567 1 2 20 0 2 0 1234567 274877906944 8192 0\n";
        var files = new Dictionary<string, string>
        {
            ["/proc/42/stat"] = stat,
            ["/proc/42/io"] = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\nwrite_bytes: 6\n",
            ["/proc/42/status"] = "Name:\tdotnet\nVmRSS:\t  2048 kB\n",
            ["/proc/42/task/42/status"] = "Name:\tdotnet\nvoluntary_ctxt_switches:\t10\nnonvoluntary_ctxt_switches:\t1\n",
            ["/proc/42/task/42/schedstat"] = "1000000 0 1\n",
            ["/proc/42/task/43/status"] = "Name:\tlog writer\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t0\n",
            ["/proc/42/task/43/schedstat"] = "3000000 2000000 1\n",
            ["/proc/7/task/7/status"] = "Name:\tother\n",
        };
        var meter = new ProcessMeter(42);

        var both = meter.Read(files)!.Value;
        var one = meter.Read(files.Where(file => !file.Key.StartsWith("/proc/42/task/43", StringComparison.Ordinal)).ToDictionary())!.Value;

        Assert.Equal((15, 1, TimeSpan.FromMilliseconds(2), 2048 * 1024), (both.VoluntarySwitches, both.InvoluntarySwitches, both.RunnableWait, both.ResidentBytes));
        Assert.Equal((6, "log writer"), (both.DiskWriteBytes, both.ThreadUses![43].Name));
        Assert.Equal(15, one.VoluntarySwitches);
        files["/proc/42/status"] = "Name:\tdotnet\n";
        Assert.Null(meter.Read(files));
    }

    [Fact]
    public void MountInfo_Root_KeepsBothKindsOfOptions()
    {
        var volume = DataVolume.Of("/x", "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n");

        Assert.Equal("rw,relatime,rw,discard", volume.Options);
        Assert.Equal("/dev/vda", volume.Source);
    }

    [Fact]
    public void CpuInfo_ModelName_IsFound() =>
        Assert.Equal("Intel(R) Xeon(R) @ 2.9GHz", MachineProbe.CpuModelOf("processor\t: 0\nmodel name\t: Intel(R) Xeon(R) @ 2.9GHz\nflags: x\n"));

    [Fact]
    public void Limits_OpenFiles_GiveTheSoftOne() =>
        Assert.Equal("1024", MachineProbe.OpenFileLimitOf("Limit   Soft Hard Units\nMax open files            1024                 20000                files     \n"));

    [Fact]
    public void OsRelease_PrettyName_LosesItsQuotes() =>
        Assert.Equal("Debian GNU/Linux 12", MachineProbe.PrettyNameOf("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"));
}
