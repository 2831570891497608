using System.Globalization;
using Harness.Checking;
using Harness.Cli;

namespace Harness.Tests.Checking;

public sealed class HistoryFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"testbed-history-{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void WhatIsWritten_ComesBackEntryByEntry()
    {
        var history = new RandomHistory(seed: 3, batches: 3000); // larger than what is written and read at once
        history.Reads[5] = history.Reads[5] with { IsCorrupt = true };
        history.Reads[6] = history.Reads[6] with { Producer = -1, First = -1, HighWatermark = -1 };
        history.Pass = history.Pass with { End = -1 };
        Write(history);
        var back = new Recording();
        HistoryFile.Read(_path, back);

        Assert.Equal(history.Sends, back.Sends);
        Assert.Equal(history.Reads, back.Reads);
        Assert.Equal(history.Pass, Assert.Single(back.Passes));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("""{"op":"send"}""", "line 1: a history begins")]
    [InlineData("""{"op":"history","format":2}""", "format 2")]
    [InlineData("{\"op\":\"history\",\"format\":1}\n{\"op\":\"send\",\"process\":0}", "line 2: partition is missing")]
    [InlineData("{\"op\":\"history\",\"format\":1}\n{\"op\":\"sent\"}", "line 2: unknown op sent")]
    [InlineData("{\"op\":\"history\",\"format\":1}\n{\"op\":\"read\",\"off\":1}", "line 2: unknown field off")]
    [InlineData("{\"op\":\"history\",\"format\":1}\n{\"op\":\"read\",", "line 2: ")]
    public void WhatIsNoHistory_IsRefusedByItsLine(string text, string reason)
    {
        File.WriteAllText(_path, text);
        Assert.Contains(reason, Assert.Throws<FormatException>(() => HistoryFile.Read(_path, new Recording())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckHistory_SaysWhatItFoundAndExitsByIt()
    {
        var history = new RandomHistory(seed: 4);
        Write(history);
        var (code, text, _) = await Check(_path);
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("proven", text, StringComparison.Ordinal);

        var gone = history.AckedSend();
        history.Reads.RemoveAll(read => read.Producer == gone.Producer && read.First == gone.First);
        Write(history);
        (code, text, _) = await Check(_path);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains($"lost: partition 0, producer {gone.Producer}, values {gone.First} to {gone.First + gone.Count - 1}", text, StringComparison.Ordinal);

        history.Pass = history.Pass with { Reached = 0 };
        history.Reads.Clear();
        Write(history);
        (code, text, _) = await Check(_path);
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("not proven", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckHistory_OfNoHistory_IsRefused()
    {
        File.WriteAllText(_path, "no history");
        Assert.Equal(ExitCode.Usage, (await Check(_path)).Code);
        var (code, _, errors) = await Check(_path + ".none");
        Assert.Equal(ExitCode.Usage, code);
        Assert.NotEmpty(errors);
    }

    private void Write(RandomHistory history)
    {
        using var writer = new HistoryWriter(_path);
        history.TellTo(writer);
    }

    private static async Task<(int Code, string Out, string Error)> Check(string path)
    {
        using StringWriter output = new(CultureInfo.InvariantCulture), error = new(CultureInfo.InvariantCulture);
        var code = await CommandLine.Run(["check-history", path], new Surroundings(output, error, TextReader.Null));
        return (code, output.ToString(), error.ToString());
    }

    private sealed class Recording : IHistorySink
    {
        public List<SendEntry> Sends { get; } = [];

        public List<ReadEntry> Reads { get; } = [];

        public List<PassEntry> Passes { get; } = [];

        public void Add(in SendEntry send) => Sends.Add(send);

        public void Add(in ReadEntry read) => Reads.Add(read);

        public void Add(in PassEntry pass) => Passes.Add(pass);
    }
}
