using System.Text;
using Engine.Broker.Metadata;
using Engine.Core.Cluster;
using Engine.Tests.Interop.Processes;
using static Engine.Tests.Broker.Metadata.EmbeddedMetadataStoreTests;

namespace Engine.Tests.Broker.Metadata;

public sealed class ClusterJournalTests : IDisposable
{
    private readonly ClusterFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TornTail_CutAnywhere_KeepsWhatWasWholeAndIsPassedOver()
    {
        Append("a");
        var whole = Bytes();
        Append("b");
        var both = Bytes();

        for (var length = whole.Length; length < both.Length; length += 7)
        {
            File.WriteAllBytes(_folder.Journal, both[..length]);
            using (var store = _folder.Open(1))
            {
                Assert.NotNull(store.State.FindTopic("a"));
                Assert.Null(store.State.FindTopic("b"));
                Assert.True(store.Update(_ => [Topic("c")]));
            }

            using var again = _folder.Open(1);
            Assert.Equal(["a", "c"], again.State.Topics.Select(topic => topic.Name).Order());
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0123abcd {\"version\":3,\"rec")]
    [InlineData("\n0123abcd {\"version\":3,\"rec")]
    public void TornTail_Garbage_IsPassedOverForGood(string garbage)
    {
        Append("a");
        File.AppendAllText(_folder.Journal, garbage);
        Append("b");
        File.AppendAllText(_folder.Journal, garbage);
        File.AppendAllText(_folder.Journal, garbage);
        Append("c");

        using var store = _folder.Open(1);
        Assert.Equal(["a", "b", "c"], store.State.Topics.Select(topic => topic.Name).Order());
        Assert.Equal(4, store.State.Version);
    }

    [Fact]
    public void Line_OfAWriterThatWasStoppedMeanwhile_CountsForNobody()
    {
        Append("a");
        var before = Bytes().Length;
        Append("b");
        var late = Bytes()[before..];
        File.WriteAllBytes(_folder.Journal, Bytes()[..before]);
        Append("c");
        Append("d");

        // What a process does that decided on the version before c, was stopped before its write(2), and wakes.
        using (var file = new FileStream(_folder.Journal, FileMode.Append)) file.Write(late);
        Append("e");

        using var store = _folder.Open(1);
        Assert.Equal(["a", "c", "d", "e"], store.State.Topics.Select(topic => topic.Name).Order());
        Assert.Equal(5, store.State.Version);
    }

    [Fact]
    public void Line_WrittenToAFileThatWasReplaced_CountsForNobody()
    {
        Append("a");
        using var old = new FileStream(_folder.Journal, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        using var store = _folder.Open(1, "embedded(compactAt=1B)");
        using var other = _folder.Open(2, "embedded(compactAt=1B)");
        for (var i = 0; i < 30; i++) store.Update(_ => [Topic($"t{i}")]);
        Assert.False(File.Exists(old.Name), "the file was replaced");

        old.Write(JournalLine.Entry(store.State.Version + 1, [Topic("late")], "late"));
        old.Flush();
        Assert.True(other.Update(_ => [Topic("b")]));
        Assert.Null(other.State.FindTopic("late"));
        Assert.Equal(33, other.State.Version);
    }

    [Fact]
    public void Compaction_BrokenOffAfterTheLastLine_IsFinishedByTheNextAppend()
    {
        Append("a");
        using (var file = new FileStream(_folder.Journal, FileMode.Append))
        {
            file.Write(JournalLine.Last(2));
            file.Write(JournalLine.Entry(3, [Topic("behind")], "behind"));
        }

        var closed = _folder.Journal;
        using (var store = _folder.Open(1)) Assert.Equal((2, null), (store.State.Version, store.State.FindTopic("behind")));
        Append("b");

        Assert.NotEqual(closed, _folder.Journal);
        Assert.False(File.Exists(closed));
        using var again = _folder.Open(1);
        Assert.Equal(["a", "b"], again.State.Topics.Select(topic => topic.Name).Order());
    }

    [Fact]
    public void Compaction_BrokenOffBeforeTheOldFileWasRemoved_IsNoticedByOthers()
    {
        Append("a");
        using var store = _folder.Open(2);
        var (old, bytes) = (_folder.Journal, Bytes());
        using (var file = new FileStream(old, FileMode.Append)) file.Write(JournalLine.Last(2));
        Append("b");
        File.WriteAllBytes(old, [.. bytes, .. JournalLine.Last(2)]);

        Until.True(() => store.State.FindTopic("b") is not null, "the new file is read");
    }

    [Fact]
    public void Open_JournalOfAnEarlierVersion_IsRefusedAndKept()
    {
        var path = _folder.PathOf(ClusterJournal.FileName);
        File.WriteAllText(path, "old");
        Assert.Contains("earlier version", Assert.Throws<MetadataException>(() => _folder.Open(1)).Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
    }

    [Fact]
    public void TornTail_PagesThatNeverReachedTheDisk_IsCut()
    {
        Append("a");
        var whole = Bytes();
        Append("b");
        var torn = Bytes();
        torn.AsSpan(whole.Length, 40).Clear();
        File.WriteAllBytes(_folder.Journal, torn);

        using var store = _folder.Open(1);
        Assert.NotNull(store.State.FindTopic("a"));
        Assert.Null(store.State.FindTopic("b"));
        Assert.True(store.Update(_ => [Topic("b")]));
    }

    [Fact]
    public void Damage_OneBitAnywhere_IsRefusedWithTheFilesName()
    {
        Append("a");
        Append("b");
        var whole = Bytes();

        // Not the very last line feed: without it the last line looks as if its writer had died.
        for (var at = 0; at < whole.Length - 1; at += 3)
        {
            var bytes = (byte[])whole.Clone();
            bytes[at] ^= 4;
            File.WriteAllBytes(_folder.Journal, bytes);

            var error = Assert.Throws<MetadataException>(() => _folder.Open(1).Dispose());
            Assert.Contains(_folder.Journal, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Damage_ZerosBeforeAWholeLine_IsRefused()
    {
        Append("a");
        var start = Bytes().Length;
        Append("b");
        Append("c");
        var bytes = Bytes();
        bytes.AsSpan(start, 20).Clear();
        File.WriteAllBytes(_folder.Journal, bytes);

        var error = Assert.Throws<MetadataException>(() => _folder.Open(1));
        Assert.Contains($"byte {start}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello\nworld\n")]
    [InlineData("00000000 {}\n")]
    public void Open_Garbage_IsRefusedAndKept(string text)
    {
        File.WriteAllText(_folder.Journal, text);
        Assert.Throws<MetadataException>(() => _folder.Open(1));
        Assert.Equal(text, File.ReadAllText(_folder.Journal));
    }

    [Fact]
    public void Open_RandomBytes_IsRefused()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var bytes = new byte[1000];
            new Random(seed).NextBytes(bytes);
            File.WriteAllBytes(_folder.Journal, bytes);
            Assert.Throws<MetadataException>(() => _folder.Open(1));
        }
    }

    [Fact]
    public void Open_RecordOfALaterVersion_IsRefusedByName()
    {
        Append("a");
        var json = "{\"version\":3,\"records\":[{\"type\":\"acl-created\"}]}";
        var crc = Engine.Protocol.Wire.Crc32C.Compute(Encoding.UTF8.GetBytes(json));
        File.AppendAllText(_folder.Journal, $"\n{crc:x8} {json}\n");

        Assert.Contains("acl-created", Assert.Throws<MetadataException>(() => _folder.Open(1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compaction_JournalThatGrew_IsShorterAndBothNodesGoOn()
    {
        const string spec = "embedded(compactAt=4KiB)";
        using var one = _folder.Open(1, spec);
        using var two = _folder.Open(2, spec);
        one.Update(_ => [Topic("kept")]);

        var lengths = new List<long>();
        for (var i = 0; i < 60; i++)
        {
            var store = i % 2 == 0 ? one : two;
            store.Update(_ => [Topic($"gone{i}")]);
            store.Update(state => [new TopicDeleted(state.FindTopic($"gone{i}")!.Id)]);
            lengths.Add(new FileInfo(_folder.Journal).Length);
        }

        Assert.True(lengths.Zip(lengths.Skip(1)).Count(pair => pair.Second < pair.First) >= 2, "compacted at least twice");
        Assert.True(lengths.Max() < 8192);
        Until.True(() => one.State.Version == two.State.Version, "both have seen all");
        Assert.Equal(2 + 120, one.State.Version);
        Assert.Equal(["kept"], two.State.Topics.Select(topic => topic.Name));
        using var three = _folder.Open(3, spec);
        Assert.Equal(one.State.FindTopic("kept")!.Id, three.State.FindTopic("kept")!.Id);
        Assert.Equal(one.State.ClusterId, three.State.ClusterId);
    }

    private void Append(string topic)
    {
        using var store = _folder.Open(1);
        Assert.True(store.Update(_ => [Topic(topic)]));
    }

    private byte[] Bytes() => File.ReadAllBytes(_folder.Journal);
}
