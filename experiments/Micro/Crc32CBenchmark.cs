using System.Runtime.Intrinsics.X86;
using BenchmarkDotNet.Attributes;
using Engine.Protocol.Wire;

namespace Micro;

/// <summary>CRC-32C by each way this processor has, hot in its cache: the smallest batch to the largest.</summary>
public class Crc32CBenchmark : IMovesBytes
{
    private byte[] _bytes = [];

    [ParamsSource(nameof(Sums))]
    public Sum? What { get; set; }

    public long BytesPerOperation => What!.SizeBytes;

    /// <summary>Wide registers need a full step of input: below that the engine takes the next narrower way itself.</summary>
    public static IEnumerable<Sum> Sums =>
        from size in new[] { 112, 1 << 10, 16 << 10, 128 << 10, 1 << 20 }
        from way in Enum.GetValues<Way>()
        where IsSupported(way) && size >= SmallestBytes(way)
        select new Sum(way, size);

    public enum Way
    {
        Sse42,
        Pclmulqdq,
        Vpclmulqdq256,
        Vpclmulqdq512,
        AsTheEngineChooses,
    }

    public sealed record Sum(Way Way, int SizeBytes)
    {
        // Reports sort by it: the sizes in order, the ways beside one another.
        public override string ToString() => $"{SizeBytes,7} B {Way}";
    }

    [GlobalSetup]
    public void Fill()
    {
        _bytes = new byte[What!.SizeBytes];
        new Random(1).NextBytes(_bytes);
    }

    [Benchmark]
    public uint Compute() => What!.Way switch
    {
        Way.Sse42 => Crc32C.Words(_bytes),
        Way.Pclmulqdq => Crc32C.Fold128(_bytes),
        Way.Vpclmulqdq256 => Crc32C.Fold256(_bytes),
        Way.Vpclmulqdq512 => Crc32C.Fold512(_bytes),
        _ => Crc32C.Compute(_bytes),
    };

    private static bool IsSupported(Way way) => way switch
    {
        Way.Sse42 => Sse42.X64.IsSupported,
        Way.Pclmulqdq => Pclmulqdq.IsSupported,
        Way.Vpclmulqdq256 => Pclmulqdq.V256.IsSupported,
        Way.Vpclmulqdq512 => Pclmulqdq.V512.IsSupported,
        _ => true,
    };

    private static int SmallestBytes(Way way) => way switch
    {
        Way.Vpclmulqdq512 => 256,
        Way.Pclmulqdq or Way.Vpclmulqdq256 => 128,
        _ => 0,
    };
}

/// <summary>The same where the processor has no instruction for it, which is decided when a process starts.</summary>
[RunsUnder("DOTNET_EnableHWIntrinsic", "0")]
public class Crc32CPortableBenchmark : IMovesBytes
{
    private byte[] _bytes = [];

    [Params(112, 1 << 10, 16 << 10, 128 << 10, 1 << 20)]
    public int SizeBytes { get; set; }

    public long BytesPerOperation => SizeBytes;

    [GlobalSetup]
    public void Fill()
    {
        if (Sse42.IsSupported) throw new InvalidOperationException("the processor's CRC instruction is still in use: this would not be the portable way");
        _bytes = new byte[SizeBytes];
        new Random(1).NextBytes(_bytes);
    }

    [Benchmark]
    public uint Compute() => Crc32C.Compute(_bytes);
}
