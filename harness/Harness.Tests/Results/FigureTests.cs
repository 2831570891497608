using Harness.Results;

namespace Harness.Tests.Results;

public sealed class FigureTests
{
    [Theory]
    [InlineData(1_000_000, "records/s", "1.00M records/s")]
    [InlineData(999_950, "records/s", "1.00M records/s")]
    [InlineData(999_400, "records/s", "999k records/s")]
    [InlineData(0.0049, "ms", "4.90 us")]
    [InlineData(0.451, "ms", "0.451 ms")]
    [InlineData(9.996, "ms", "10.0 ms")]
    [InlineData(12_345, "ms", "12.3 s")]
    [InlineData(1234, "MB/s", "1,230 MB/s")]
    [InlineData(0.5801, "", "0.580")]
    [InlineData(0, "records", "0 records")]
    [InlineData(-2.5, "ms", "-2.50 ms")]
    [InlineData(double.NaN, "ms", "– ms")]
    public void Text_OfAValueWithUnit_HasThreeDigits(double value, string unit, string text) =>
        Assert.Equal(text, Figure.Text(value, unit));

    [Theory]
    [InlineData(1_000_000, "1M")]
    [InlineData(1_250_000, "1.25M")]
    [InlineData(100_000, "100k")]
    [InlineData(10_000, "10k")]
    [InlineData(1_500, "1,500")]
    [InlineData(4, "4")]
    [InlineData(0.25, "0.25")]
    [InlineData(123_456_789, "123.456789M")]
    public void Exact_OfAChosenNumber_KeepsAllItsDigits(double value, string text) =>
        Assert.Equal(text, Figure.Exact(value));
}
