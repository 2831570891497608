using Engine.Core.Strategies;

namespace Harness.Load.Content;

/// <summary>What the records' values hold: a pure function of the seed, the stream and the record's number in it.</summary>
/// <remarks>A stream is what one producer writes to one partition. Sizes may vary; none exceeds <see cref="MaxBytes"/>.</remarks>
internal abstract class ValueSource
{
    public abstract int MaxBytes { get; }

    public abstract double MeanBytes { get; }

    /// <summary>The value of a stream's record; valid for good, never to be written to.</summary>
    /// <param name="sequence">The stream's own seed (<see cref="Scramble.Sequence"/>).</param>
    /// <param name="number">The record's number in its stream, from 0.</param>
    public abstract ReadOnlySpan<byte> Value(ulong sequence, long number);

    /// <param name="text"><c>100B</c>, <c>uniform(64B, 1KiB)</c>, <c>lognormal(median=200B, sigma=1)</c>,
    /// <c>pareto(min=100B, alpha=1.2, max=64KiB)</c> or <c>lines(FILE)</c>.</param>
    /// <param name="seed">Decides the random bytes.</param>
    /// <param name="largest">What a record's value may have at most; distributions are clamped to it.</param>
    /// <exception cref="FormatException">The text is none of these, or asks for more than <paramref name="largest"/>.</exception>
    public static ValueSource Parse(string text, ulong seed, int largest)
    {
        if (Quantity.ParseBytes(text) is { } bytes) return new RandomValues(seed, [AtMost(bytes, largest, text)]);

        var spec = SpecText.Parse(text, name => name switch
        {
            "uniform" => ["min", "max"],
            "lognormal" => ["median", "sigma"],
            "pareto" => ["min", "alpha", "max"],
            "lines" => ["file"],
            _ => null,
        });
        return spec.Name switch
        {
            "uniform" => new RandomValues(seed, SizeTable.Uniform(spec.Bytes("min"), AtMost(spec.Bytes("max"), largest, text))),
            "lognormal" => new RandomValues(seed, SizeTable.LogNormal(AtMost(spec.Bytes("median"), largest, text), spec.Number("sigma"), largest)),
            "pareto" => new RandomValues(seed, SizeTable.Pareto(spec.Bytes("min"), spec.Number("alpha"), AtMost(spec.Bytes("max"), largest, text))),
            _ => FileLines.Read(spec.Text("file"), largest),
        };
    }

    private static int AtMost(long bytes, int largest, string text) =>
        bytes <= largest ? (int)bytes : throw new FormatException($"'{text}': a batch has room for a value of {Quantity.FormatBytes(largest)} at most");
}

/// <summary>Slices of a pool of random bytes: nothing in them compresses or repeats within a batch.</summary>
/// <remarks>
/// A stream walks through the pool, so that the processor fetches ahead of it: at a rate that lets caches grow cold between
/// batches, slices from random places cost more than everything else the generator does. The step is odd and the number of
/// places a power of two, so all places come before the first comes again.
/// </remarks>
internal sealed class RandomValues : ValueSource
{
    private const int Places = 1 << 20;

    private readonly byte[] _pool;
    private readonly int[] _sizes;
    private readonly int _sizeShift;
    private readonly long _step;

    /// <param name="seed">Decides the bytes.</param>
    /// <param name="sizes">The sizes to choose from with equal chances; their count is a power of two.</param>
    public RandomValues(ulong seed, int[] sizes)
    {
        _sizes = sizes;
        _sizeShift = 64 - System.Numerics.BitOperations.Log2((uint)sizes.Length);
        MaxBytes = sizes.Max();
        MeanBytes = sizes.Average();
        _step = (long)MeanBytes | 1;
        _pool = new byte[Places + MaxBytes];
        for (var i = 0; i < _pool.Length; i++) _pool[i] = (byte)Scramble.At(seed, i);
    }

    public override int MaxBytes { get; }

    public override double MeanBytes { get; }

    public override ReadOnlySpan<byte> Value(ulong sequence, long number)
    {
        var place = (int)((long)sequence + number * _step) & (Places - 1);
        return _pool.AsSpan(place, _sizes.Length == 1 ? _sizes[0] : _sizes[Scramble.At(sequence, number) >> _sizeShift]);
    }
}

/// <summary>A file's lines in order, over and over, without their line ends.</summary>
internal sealed class FileLines : ValueSource
{
    private readonly byte[] _bytes;
    private readonly (int Start, int Length)[] _lines;

    private FileLines(byte[] bytes, (int Start, int Length)[] lines)
    {
        _bytes = bytes;
        _lines = lines;
        MaxBytes = lines.Max(line => line.Length);
        MeanBytes = lines.Average(line => line.Length);
    }

    public override int MaxBytes { get; }

    public override double MeanBytes { get; }

    /// <exception cref="FormatException">The file cannot be read, is empty or has a line that no batch could hold.</exception>
    public static FileLines Read(string path, int largest)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new FormatException($"lines({path}): {problem.Message}");
        }

        var lines = new List<(int, int)>();
        for (var start = 0; start < bytes.Length;)
        {
            var rest = bytes.AsSpan(start);
            var end = rest.IndexOf((byte)'\n');
            var length = end < 0 ? rest.Length : end;
            lines.Add((start, length > 0 && rest[length - 1] == '\r' ? length - 1 : length));
            start += length + 1;
        }

        if (lines.Count == 0) throw new FormatException($"lines({path}): the file is empty");
        var source = new FileLines(bytes, [.. lines]);
        return source.MaxBytes <= largest ? source : throw new FormatException(
            $"lines({path}): a line has {Quantity.FormatBytes(source.MaxBytes)}, a batch has room for {Quantity.FormatBytes(largest)}");
    }

    public override ReadOnlySpan<byte> Value(ulong sequence, long number)
    {
        var (start, length) = _lines[(int)(number % _lines.Length)];
        return _bytes.AsSpan(start, length);
    }
}
