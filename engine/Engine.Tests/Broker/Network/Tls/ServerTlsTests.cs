using System.Security.Authentication;
using Engine.Broker;
using Engine.Broker.Network;

namespace Engine.Tests.Broker.Network.Tls;

/// <summary>What cannot be used for TLS is named before a node starts.</summary>
public sealed class ServerTlsTests
{
    [Fact]
    public void Load_NoFile_SaysSo() => AssertRefused("/nowhere/keystore.pem", "/nowhere/keystore.pem", "cannot be read");

    [Fact]
    public void Load_NoCertificate_SaysSo()
    {
        using var certificate = new TestCertificate();
        AssertRefused(certificate.Write("key-only.pem", certificate.KeyPem), "no certificate");
    }

    [Fact]
    public void Load_NoKey_SaysSo()
    {
        using var certificate = new TestCertificate();
        AssertRefused(certificate.Authority, "no private key");
    }

    [Fact]
    public void Load_EncryptedKey_SaysSo()
    {
        using var certificate = new TestCertificate();
        AssertRefused(certificate.Write("encrypted.pem", certificate.EncryptedKeyPem, certificate.Pem), "encrypted private key");
    }

    [Fact]
    public void Load_AnothersKey_SaysSo()
    {
        using var certificate = new TestCertificate();
        using var another = new TestCertificate();
        AssertRefused(certificate.Write("mixed.pem", another.KeyPem, certificate.Pem), "cannot be used");
    }

    [Fact]
    public void Load_DamagedCertificate_SaysSo()
    {
        using var certificate = new TestCertificate();
        AssertRefused(certificate.Write("damaged.pem", certificate.KeyPem, certificate.Pem.Replace('+', '/').Remove(100, 64)), "cannot be used");
    }

    [Theory]
    [InlineData(-20, -10)]
    [InlineData(10, 20)]
    public void Load_CertificateOfAnotherTime_SaysFromWhenToWhen(int fromDay, int toDay)
    {
        var now = DateTimeOffset.UtcNow;
        using var certificate = new TestCertificate(now.AddDays(fromDay), now.AddDays(toDay));
        AssertRefused(certificate.Keystore, $"{now.AddDays(fromDay):yyyy-MM-dd}", $"{now.AddDays(toDay):yyyy-MM-dd}");
    }

    [Theory]
    [InlineData("TLSv1.3,TLSv1.2", "TLSv1.2,TLSv1.3")]
    [InlineData("TLSv1.3", "TLSv1.3")]
    public void Versions_ByKafkasNames_AreRead(string text, string expected)
    {
        var options = Parse("security.protocol=SSL", $"ssl.enabled.protocols={text}");
        Assert.Equal(expected, options.Resolved()["ssl.enabled.protocols"]);
    }

    [Theory]
    [InlineData("security.protocol=SASL_SSL", "PLAINTEXT or SSL")]
    [InlineData("ssl.enabled.protocols=TLSv1.1", "TLSv1.2")]
    [InlineData("ssl.enabled.protocols=", "TLSv1.2")]
    public void Setting_ThatIsNotThere_NamesWhatIs(string setting, string allowed)
    {
        var problems = new List<string>();
        BrokerOptions.Parse(["--set", setting], problems);
        Assert.Contains(allowed, Assert.Single(problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_TlsWithoutAKeystoreAndAKeystoreWithoutTls_AreNamed()
    {
        Assert.Contains("ssl.keystore.location", Assert.Single(Problems("security.protocol=SSL")), StringComparison.Ordinal);
        Assert.Contains("security.protocol=SSL", Assert.Single(Problems("ssl.keystore.location=/some/file.pem")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sendfile", "copied and encrypted, no sendfile")]
    [InlineData("mapped", "mapped, encrypted")]
    public void Resolved_OverTls_SaysWhatBecomesOfTheReadPath(string read, string expected)
    {
        var overTls = Parse("security.protocol=SSL") with { Read = read };
        Assert.Equal(expected, overTls.Resolved()["read.clients"]);
        Assert.DoesNotContain("read.clients", (new BrokerOptions { Read = read }).Resolved().Keys);
    }

    private static void AssertRefused(string keystore, params string[] expected)
    {
        var message = Assert.Throws<TlsException>(() => ServerTls.Load(keystore, SslProtocols.Tls13)).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    private static IReadOnlyList<string> Problems(params string[] settings) => (Parse(settings) with { NodeId = 1, Data = "data" }).Problems();

    private static BrokerOptions Parse(params string[] settings)
    {
        var problems = new List<string>();
        var options = BrokerOptions.Parse([.. settings.SelectMany(setting => new[] { "--set", setting })], problems);
        Assert.Empty(problems);
        return options;
    }
}
