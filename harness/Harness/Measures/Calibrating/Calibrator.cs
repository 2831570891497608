using System.Net.Sockets;
using Harness.Files;
using Harness.Results;

namespace Harness.Measures.Calibrating;

/// <summary>Measures what the machine can do by itself: memory, page cache, device, flushes and loopback, one after the other.</summary>
/// <param name="folder">Where its file is made: on the disk that results will be about.</param>
/// <param name="time">How long each probe takes.</param>
public sealed class Calibrator(string folder, TimeSpan time)
{
    /// <summary>Each of the two memories that are copied between: together more than processors cache.</summary>
    private const long MemoryBytes = 64 << 20;

    private const int CopiedBytes = 1 << 20;

    /// <summary>Takes six times the time given and a second or two for its file.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; its file is gone.</exception>
    public Calibration Measure(CancellationToken stop)
    {
        var (started, figures, missing) = (DateTimeOffset.UtcNow, new List<CalibrationFigure>(), new Dictionary<string, string>());
        using var noise = new DirectMemory(MemoryBytes, seed: 1);
        Try(CalibrationName.MemoryCopy, "copy in memory, one thread", () => CopyRate(noise, stop));
        Try(CalibrationName.Loopback, "loopback, one TCP connection", () =>
        {
            using var loopback = LoopbackProbes.Connect();
            return Megabytes(SliceRate.Of(time, loopback.Send, stop));
        });
        try
        {
            using var file = FileProbes.Create(folder, noise);
            Try(CalibrationName.CacheWrite, "write to the page cache, 1 MiB at a time", () => Megabytes(SliceRate.Of(time, file.Write, stop)));
            Try(CalibrationName.SendFile, "sendfile from the page cache over the loopback", () =>
            {
                using var loopback = LoopbackProbes.Connect();
                return Megabytes(SliceRate.Of(time, () => loopback.Send(file.File, FileProbes.FileBytes), stop));
            });
            file.Settle();
            Try(CalibrationName.DeviceWrite, "write to the device, 1 MiB at a time, O_DIRECT", () =>
            {
                var (device, write) = file.Overwrite();
                using (device) return Megabytes(SliceRate.Of(time, write, stop));
            });
            Try(CalibrationName.Flush, "write of 4 KiB and fdatasync, over an old file", () => SliceRate.Of(time, file.Flush, stop), "flushes/s");
        }
        catch (IOException problem)
        {
            missing["file"] = problem.Message;
        }

        return new Calibration { Started = started, SecondsEach = time.TotalSeconds, Figures = figures, Missing = missing };

        void Try(string name, string title, Func<double> probe, string unit = "MB/s")
        {
            try
            {
                figures.Add(new CalibrationFigure(name, title, unit, probe()));
            }
            catch (Exception problem) when (problem is IOException or SocketException)
            {
                missing[name] = problem.Message;
            }
        }
    }

    private unsafe double CopyRate(DirectMemory from, CancellationToken stop)
    {
        using var to = new DirectMemory(MemoryBytes, seed: 2);
        var position = 0L;
        return Megabytes(SliceRate.Of(time, () =>
        {
            Buffer.MemoryCopy(from.Start + position, to.Start + position, CopiedBytes, CopiedBytes);
            position = (position + CopiedBytes) % MemoryBytes;
            return CopiedBytes;
        }, stop));
    }

    private static double Megabytes(double bytes) => bytes / 1e6;
}
