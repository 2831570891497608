namespace Harness.Plans;

/// <summary>How clients' connections to the nodes are protected. Nodes among themselves speak plaintext.</summary>
public enum ClientTls
{
    None,

    /// <summary>By TLS 1.2.</summary>
    Tls12,

    /// <summary>By TLS 1.3.</summary>
    Tls13,
}

/// <summary>Kafka's names of it.</summary>
internal static class ClientTlsNames
{
    /// <summary>As <c>ssl.enabled.protocols</c> takes it.</summary>
    public static string Version(this ClientTls tls) => tls == ClientTls.Tls12 ? "TLSv1.2" : "TLSv1.3";
}
