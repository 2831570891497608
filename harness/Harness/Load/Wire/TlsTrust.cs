using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Harness.Load.Wire;

/// <summary>How a client takes part in TLS: it trusts one authority and nobody else, and the certificate must name the host it connected to.</summary>
internal static class TlsTrust
{
    /// <exception cref="LoadException">The authority's file cannot be used.</exception>
    public static SslClientAuthenticationOptions OptionsFor(BrokerAddress broker)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(broker.Authority!);
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"{broker}: the authority's certificate in {broker.Authority} cannot be used: {problem.Message}");
        }

        return new() { TargetHost = broker.Host, CertificateChainPolicy = policy };
    }

    /// <summary>A blocking stream over a blocking socket, whose timeouts hold for it too.</summary>
    /// <exception cref="LoadException">The broker is not who it should be, or does not speak TLS.</exception>
    public static Stream Over(Socket socket, BrokerAddress broker)
    {
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: false), leaveInnerStreamOpen: false);
        try
        {
            tls.AuthenticateAsClient(OptionsFor(broker));
            return tls;
        }
        catch (Exception problem)
        {
            tls.Dispose();
            if (problem is AuthenticationException or IOException) throw Refused(broker, problem);
            throw;
        }
    }

    public static LoadException Refused(BrokerAddress broker, Exception problem) => new($"no TLS with {broker}: {problem.GetBaseException().Message}");
}
