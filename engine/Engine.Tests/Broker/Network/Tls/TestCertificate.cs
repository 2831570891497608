using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Engine.Broker.Network;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Network.Tls;

/// <summary>A certificate for 127.0.0.1 that vouches for itself, with its key, in files of PEM.</summary>
internal sealed class TestCertificate : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _certificate;

    public TestCertificate(DateTimeOffset? notBefore = null, DateTimeOffset? notAfter = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=testbed test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(notBefore ?? Now.AddHours(-1), notAfter ?? Now.AddDays(1));
        KeyPem = key.ExportPkcs8PrivateKeyPem();
        EncryptedKeyPem = key.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        Keystore = Write("keystore.pem", KeyPem, Pem);
        Authority = Write("authority.pem", Pem);
    }

    public string Pem => _certificate.ExportCertificatePem();

    public string KeyPem { get; }

    public string EncryptedKeyPem { get; }

    /// <summary>Key and certificate.</summary>
    public string Keystore { get; }

    /// <summary>What clients are to trust.</summary>
    public string Authority { get; }

    /// <summary>What a node is told to speak TLS with it.</summary>
    public string[] BrokerOptions => ["--set", "security.protocol=SSL", "--set", $"ssl.keystore.location={Keystore}"];

    public string Write(string name, params string[] parts)
    {
        var file = _folder.File(name);
        File.WriteAllText(file, string.Join('\n', parts) + "\n");
        return file;
    }

    public ServerTls Server(SslProtocols versions = SslProtocols.Tls12 | SslProtocols.Tls13, TimeSpan? handshakeTimeout = null) =>
        ServerTls.Load(Keystore, versions, handshakeTimeout);

    /// <summary>A client that trusts this certificate and no other.</summary>
    public SslClientAuthenticationOptions Client(SslProtocols versions = SslProtocols.None) => new()
    {
        TargetHost = "127.0.0.1",
        EnabledSslProtocols = versions,
        CertificateChainPolicy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _certificate },
            RevocationMode = X509RevocationMode.NoCheck,
        },
    };

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Dispose();
    }
}
