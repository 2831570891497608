using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Harness.Systems;

/// <summary>What the nodes of one cluster identify themselves with: one certificate for all of their addresses, and the authority that clients trust.</summary>
/// <param name="Keystore">The nodes' private key and certificate, as Kafka's keystores of type PEM; for its owner only.</param>
/// <param name="Authority">The authority's certificate, in PEM.</param>
public sealed record TlsFiles(string Keystore, string Authority)
{
    /// <summary>Longer than any campaign, and soon of no use to whoever finds it.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    /// <summary>Whether a broker's setting follows from them, so that a plan cannot change it.</summary>
    public static bool IsHarnessOwn(string name) => name is "security.protocol" || name.StartsWith("ssl.", StringComparison.Ordinal);

    /// <summary>Makes an authority and a certificate by it. The authority's key is forgotten: it vouches for nobody else.</summary>
    /// <param name="folder">Gets the files; made where it is not there.</param>
    /// <param name="hosts">The nodes' addresses.</param>
    public static TlsFiles Make(string folder, IEnumerable<string> hosts)
    {
        folder = Directory.CreateDirectory(folder).FullName;
        var files = new TlsFiles(Path.Combine(folder, "keystore.pem"), Path.Combine(folder, "authority.pem"));
        using var authority = MakeAuthority();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var node = MakeNode(authority, key, hosts);
        WriteForOwner(files.Keystore, string.Join('\n', key.ExportPkcs8PrivateKeyPem(), node.ExportCertificatePem(), authority.ExportCertificatePem(), ""));
        File.WriteAllText(files.Authority, authority.ExportCertificatePem() + "\n");
        return files;
    }

    private static X509Certificate2 MakeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=testbed authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now - ClockTolerance, now + Lifetime);
    }

    private static X509Certificate2 MakeNode(X509Certificate2 authority, ECDsa key, IEnumerable<string> hosts)
    {
        var request = new CertificateRequest("CN=testbed node", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1")], critical: false)); // of a server
        request.CertificateExtensions.Add(Names(hosts));
        return request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(16));
    }

    private static X509Extension Names(IEnumerable<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Append("localhost").Distinct())
        {
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        return names.Build();
    }

    private static void WriteForOwner(string file, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.Write(text);
    }
}
