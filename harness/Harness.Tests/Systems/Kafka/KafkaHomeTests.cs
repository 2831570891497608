using System.Runtime.Versioning;
using Harness.Systems.Kafka;

namespace Harness.Tests.Systems.Kafka;

/// <summary>Folders that look like distributions, and scripts that look like Java.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KafkaHomeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-kafka-home-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Find_VariableNotSet_SaysWhichToSet() => Assert.StartsWith("KAFKA_HOME is not set", await Missing(home: null));

    [Fact]
    public async Task Find_FolderWithoutScripts_IsNone() => Assert.Contains("has no bin/kafka-server-start.sh", await Missing(_folder));

    [Fact]
    public async Task Find_KafkaOfTheZooKeeperTime_IsTooOld()
    {
        MakeKafka("3.9.1");

        Assert.Contains("is Kafka 3.9.1: 4 or newer", await Missing(_folder));
    }

    [Fact]
    public async Task Find_NoJava_SaysSo()
    {
        MakeKafka("4.3.1");

        Assert.Contains("does not run", await Missing(_folder, java: Path.Combine(_folder, "nowhere")));
    }

    [Theory]
    [InlineData("11.0.2")]
    [InlineData("1.8.0_292")]
    public async Task Find_OldJava_IsRefusedByItsVersion(string version)
    {
        MakeKafka("4.3.1");

        Assert.Contains($"is {version}", await Missing(_folder, MakeJava(version)));
    }

    [Fact]
    public async Task Find_BothThere_TellsTheirVersions()
    {
        MakeKafka("4.3.1");

        var (home, missing) = await KafkaHome.Find(Variables(_folder, MakeJava("21.0.1")));

        Assert.Null(missing);
        Assert.Equal(("4.3.1", "21.0.1"), (home!.Version, home.Java));
    }

    private static async Task<string?> Missing(string? home, string? java = null)
    {
        var (found, missing) = await KafkaHome.Find(Variables(home, java));
        Assert.Null(found);
        return missing;
    }

    private static Func<string, string?> Variables(string? home, string? java) => name => name switch { "KAFKA_HOME" => home, "JAVA_HOME" => java, _ => null };

    private void MakeKafka(string version)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "bin"));
        Directory.CreateDirectory(Path.Combine(_folder, "libs"));
        foreach (var file in new[] { "bin/kafka-server-start.sh", "bin/kafka-storage.sh", $"libs/kafka-clients-{version}.jar" })
            File.WriteAllText(Path.Combine(_folder, file), "");
    }

    private string MakeJava(string version)
    {
        var java = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "jdk", "bin")).FullName, "java");
        File.WriteAllText(java, $"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n");
        File.SetUnixFileMode(java, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.Combine(_folder, "jdk");
    }
}
