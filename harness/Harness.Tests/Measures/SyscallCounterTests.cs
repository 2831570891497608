using Harness.Measures;

namespace Harness.Tests.Measures;

public sealed class SyscallCounterTests
{
    [Theory]
    [InlineData("     0.200267544,106,,raw_syscalls:sys_enter,964568,100.00,,", 0.200267544, 106)]
    [InlineData("     1.400638833,<not counted>,,raw_syscalls:sys_enter,0,100.00,,", 1.400638833, 0)]
    public void Parse_LineOfAnInterval_GivesItsEndAndItsCalls(string line, double seconds, double calls) =>
        Assert.Equal((seconds, calls), SyscallCounter.Parse(line));

    [Theory]
    [InlineData("# started on Sun Nov 22 08:00:00 2026")]
    [InlineData("")]
    public void Parse_OtherLines_AreNone(string line) => Assert.Null(SyscallCounter.Parse(line));
}
