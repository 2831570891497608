using System.Security.Authentication;

namespace Engine.Broker.Network;

/// <summary>How clients' connections are protected: not at all, or by TLS. The other brokers have a listener of their own, in plaintext.</summary>
/// <param name="UsesTls">Kafka's <c>security.protocol</c>: <c>SSL</c>, else <c>PLAINTEXT</c>.</param>
/// <param name="Keystore">The PEM file with this node's private key and certificates, see <see cref="ServerTls.Load"/>; empty: none is named.</param>
/// <param name="Versions">The versions of TLS that are spoken.</param>
internal sealed record ClientSecurity(bool UsesTls, string Keystore, SslProtocols Versions)
{
    public const string ProtocolSetting = "security.protocol";
    public const string KeystoreSetting = "ssl.keystore.location";
    public const string VersionsSetting = "ssl.enabled.protocols";

    private static readonly (string Name, SslProtocols Version)[] Known = [("TLSv1.2", SslProtocols.Tls12), ("TLSv1.3", SslProtocols.Tls13)];

    public static ClientSecurity Default { get; } = new(UsesTls: false, Keystore: "", SslProtocols.Tls12 | SslProtocols.Tls13);

    public string Protocol => UsesTls ? "SSL" : "PLAINTEXT";

    /// <summary>The versions by Kafka's names: <c>TLSv1.2,TLSv1.3</c>.</summary>
    public string VersionNames => string.Join(',', Known.Where(known => Versions.HasFlag(known.Version)).Select(known => known.Name));

    /// <summary>Reads names such as <c>TLSv1.3</c>, with commas between them; null when one is unknown.</summary>
    public static SslProtocols? ParseVersions(string text)
    {
        var versions = SslProtocols.None;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var known = Array.Find(Known, known => known.Name == name);
            if (known.Name is null) return null;
            versions |= known.Version;
        }

        return versions;
    }

    /// <summary>What keeps clients from being served like this; null when nothing does. Reads the keystore.</summary>
    /// <param name="looksAtFiles">False: what is only settled when the node starts, the keystore, may be missing.</param>
    public string? Problem(bool looksAtFiles)
    {
        if (!UsesTls) return Keystore.Length == 0 ? null : $"{KeystoreSetting}={Keystore} is of no use while {ProtocolSetting}=PLAINTEXT: set {ProtocolSetting}=SSL as well";
        if (!looksAtFiles) return null;
        if (Keystore.Length == 0) return $"{ProtocolSetting}=SSL needs {KeystoreSetting}: a PEM file with the private key and the certificate of this node";

        try
        {
            Open();
            return null;
        }
        catch (TlsException error)
        {
            return $"{KeystoreSetting}: {error.Message}";
        }
    }

    /// <summary>What the clients' port needs; null for plaintext.</summary>
    /// <exception cref="TlsException">The keystore cannot be used.</exception>
    public ServerTls? Open() => UsesTls ? ServerTls.Load(Keystore, Versions) : null;

    /// <summary>What becomes of the read path for clients. TLS takes sendfile from them: the kernel cannot send what has to be encrypted first.</summary>
    public string ReadFor(string readPath) => !UsesTls ? readPath
        : readPath.StartsWith("sendfile", StringComparison.Ordinal) ? "copied and encrypted, no sendfile"
        : $"{readPath}, encrypted";
}
