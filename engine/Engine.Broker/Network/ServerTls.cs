using System.Globalization;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Engine.Protocol.Tls;

namespace Engine.Broker.Network;

/// <summary>What a port needs to speak TLS: who this node is, by a certificate and its key, and which versions it speaks.</summary>
/// <remarks>Clients are not asked for certificates, and sessions are not resumed by renegotiation. Lives as long as the process.</remarks>
internal sealed class ServerTls
{
    private readonly SslServerAuthenticationOptions _options;

    private ServerTls(SslServerAuthenticationOptions options, TimeSpan handshakeTimeout)
    {
        _options = options;
        HandshakeTimeout = handshakeTimeout;
    }

    /// <summary>How long a peer may take from being accepted to the end of the handshake.</summary>
    public TimeSpan HandshakeTimeout { get; }

    /// <summary>Reads a keystore of Kafka's type PEM: the private key (PKCS#8, not encrypted), the certificate, and those between it and a root.</summary>
    /// <param name="keystore">The file.</param>
    /// <param name="versions">Those spoken.</param>
    /// <param name="handshakeTimeout">See <see cref="HandshakeTimeout"/>; null: 10 s.</param>
    /// <exception cref="TlsException">It cannot be used; the message says what was wrong with it.</exception>
    public static ServerTls Load(string keystore, SslProtocols versions, TimeSpan? handshakeTimeout = null)
    {
        var pem = Read(keystore);
        var certificate = CertificateOf(keystore, pem);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        X509Certificate2[] others = [.. chain.Where(other => other.Thumbprint != certificate.Thumbprint)];
        return new(
            new SslServerAuthenticationOptions
            {
                // Offline: nobody is asked whether it was revoked, which is the clients' question.
                ServerCertificateContext = SslStreamCertificateContext.Create(certificate, new X509Certificate2Collection(others), offline: true),
                EnabledSslProtocols = versions,
                ClientCertificateRequired = false,
                AllowRenegotiation = false,
            },
            handshakeTimeout ?? TimeSpan.FromSeconds(10));
    }

    public TlsSession NewSession() => TlsSession.Server(_options);

    private static string Read(string keystore)
    {
        try
        {
            return File.ReadAllText(keystore);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TlsException($"{keystore} cannot be read: {e.Message}");
        }
    }

    private static X509Certificate2 CertificateOf(string keystore, string pem)
    {
        if (!pem.Contains("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal)) throw new TlsException($"{keystore} has no certificate (-----BEGIN CERTIFICATE-----)");
        if (pem.Contains("-----BEGIN ENCRYPTED PRIVATE KEY-----", StringComparison.Ordinal)) throw new TlsException($"{keystore} has an encrypted private key: give one that is not");
        if (!pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal)) throw new TlsException($"{keystore} has no private key (-----BEGIN PRIVATE KEY-----) beside the certificate");

        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(pem, pem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new TlsException($"{keystore} has a certificate or private key that cannot be used: {e.Message.ReplaceLineEndings(" ")}");
        }

        if (DateTime.Now < certificate.NotBefore || DateTime.Now > certificate.NotAfter)
            throw new TlsException($"{keystore} has a certificate that is valid from {Day(certificate.NotBefore)} to {Day(certificate.NotAfter)} only");
        return certificate;
    }

    private static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}

/// <summary>What is needed for TLS cannot be used.</summary>
internal sealed class TlsException(string message) : Exception(message);
