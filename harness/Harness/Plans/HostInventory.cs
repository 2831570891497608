using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Harness.Plans;

/// <summary>A machine that nodes are started on over ssh.</summary>
/// <param name="Name">What results call it.</param>
/// <param name="Target">Where ssh goes: <c>tb@10.0.0.1</c>, or a name that the user's ssh configuration knows.</param>
/// <param name="Port">The port of its sshd; null: 22, or what the configuration says.</param>
/// <param name="Address">The IPv4 address that its nodes listen on, and that other nodes and the load generator reach them by.</param>
/// <param name="Data">The folder there that gets a folder for each campaign, which goes with it.</param>
/// <param name="Binaries">The folder there that programs are copied to; they stay.</param>
/// <param name="DotNet">The <c>dotnet</c> there.</param>
public sealed record InventoryHost(string Name, string Target, int? Port, string Address, string Data, string Binaries, string DotNet)
{
    public override string ToString() => $"{Name} ({Address})";
}

/// <summary>The hosts that a cluster's nodes are on: a text file with a host on each line.</summary>
/// <remarks>
/// <code>
/// # name    ssh address        where
/// node-a    tb@10.0.0.1        address=10.0.0.1 data=/mnt/nvme/testbed binaries=/var/tmp/testbed
/// node-b    tb@10.0.0.2:2222   address=10.0.0.2 data=/mnt/nvme/testbed binaries=/var/tmp/testbed dotnet=/opt/dotnet/dotnet
/// etcd      10.0.0.9:2379
/// </code>
/// Two words are no hosts: <c>etcd</c>, followed by the endpoints of an etcd that is there already, and <c>ssh-config</c>, followed by a file
/// to be used instead of the user's own.
/// </remarks>
/// <param name="File">Its path.</param>
/// <param name="Hosts">At least one; node 1 is on the first, and when there are more nodes than hosts it begins again.</param>
/// <param name="Etcd">Endpoints of an etcd; empty: the run starts one of its own on this machine.</param>
/// <param name="SshConfig">What ssh is to read instead of the user's configuration; null: that.</param>
public sealed record HostInventory(string File, IReadOnlyList<InventoryHost> Hosts, IReadOnlyList<string> Etcd, string? SshConfig)
{
    private const string EtcdWord = "etcd";
    private const string SshConfigWord = "ssh-config";

    private static readonly string[] Settings = ["address", "data", "binaries", "dotnet"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">It cannot be read, or a line is wrong; the message says which, and what is allowed.</exception>
    public static HostInventory Read(string file)
    {
        try
        {
            return Parse(file, System.IO.File.ReadAllLines(file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"the inventory cannot be read: {error.Message.TrimEnd('.')}");
        }
    }

    /// <summary>The host of a node, which counts from 1.</summary>
    public InventoryHost HostOf(int node) => Hosts[(node - 1) % Hosts.Count];

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", Hosts);

    internal static HostInventory Parse(string file, IEnumerable<string> lines)
    {
        var inventory = new HostInventory(file, [], [], null);
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            var text = line.Split('#')[0].Trim();
            if (text.Length == 0) continue;

            try
            {
                inventory = inventory.With(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            }
            catch (FormatException error)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {number}: {error.Message}"));
            }
        }

        return inventory.Hosts.Count > 0 ? inventory : throw new FormatException(
            "the inventory names no host: write a line such as 'a tb@10.0.0.1 address=10.0.0.1 data=/mnt/testbed binaries=/var/tmp/testbed'");
    }

    private HostInventory With(string[] words) => words[0] switch
    {
        EtcdWord => words.Length > 1 && words.Skip(1).All(IsEndpoint)
            ? this with { Etcd = words[1..] }
            : throw new FormatException("write the endpoints of the etcd behind it, such as etcd 10.0.0.9:2379 10.0.0.10:2379"),
        SshConfigWord when words.Length != 2 => throw new FormatException("write one file behind ssh-config"),
        SshConfigWord => this with { SshConfig = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(File))!, words[1]) },
        var name when Hosts.Any(host => host.Name == name) => throw new FormatException($"the host {name} is there already"),
        _ => this with { Hosts = [.. Hosts, HostOf(words)] },
    };

    private static InventoryHost HostOf(string[] words)
    {
        if (words.Length < 2 || words[1].Contains('=', StringComparison.Ordinal))
            throw new FormatException($"write an ssh address behind the name {words[0]}, such as tb@10.0.0.1 or tb@10.0.0.1:22");
        if (!IsPlain(words[0])) throw new FormatException($"'{words[0]}' is no name for a host: write letters, digits, '.', '_' and '-'");

        var settings = new Dictionary<string, string>();
        foreach (var word in words.Skip(2))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? word : word[..equals];
            if (!Settings.Contains(name)) throw new FormatException($"there is no setting '{name}' of a host: write {string.Join(", ", Settings)}");
            if (equals < 0 || !settings.TryAdd(name, word[(equals + 1)..])) throw new FormatException($"write {name}=VALUE once");
        }

        var (target, port) = TargetOf(words[1]);
        var dotnet = settings.GetValueOrDefault("dotnet", "dotnet");
        if (!IsPlainPath(dotnet)) throw new FormatException($"dotnet={dotnet}: write the path of a program, of letters, digits, '.', '_', '-' and '/'");

        return new InventoryHost(words[0], target, port, AddressOf(Wanted("address")), FolderOf("data"), FolderOf("binaries"), dotnet);

        string Wanted(string name) => settings.GetValueOrDefault(name) ?? throw new FormatException($"the host {words[0]} has no {name}: write {name}=VALUE");

        string FolderOf(string name)
        {
            var folder = Wanted(name).TrimEnd('/');
            return folder.StartsWith('/') && IsPlainPath(folder)
                ? folder
                : throw new FormatException($"{name}={Wanted(name)}: write the whole path of a folder, of letters, digits, '.', '_', '-' and '/'");
        }
    }

    private static (string Target, int? Port) TargetOf(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var target = colon < 0 ? text : text[..colon];
        // A target that begins with a dash would be an option to ssh.
        if (!IsPlain(target.Replace("@", "", StringComparison.Ordinal)) || target.StartsWith('-'))
            throw new FormatException($"'{text}' is no ssh address: write [user@]host[:port]");
        if (colon < 0) return (target, null);

        return int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= IPEndPoint.MaxPort
            ? (target, port)
            : throw new FormatException($"'{text}' has no port from 1 to {IPEndPoint.MaxPort} behind the colon");
    }

    // What is parsed may be written otherwise: '10' is 0.0.0.10.
    private static string AddressOf(string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text
            ? text
            : throw new FormatException($"address={text}: write an IPv4 address such as 10.0.0.1");

    private static bool IsEndpoint(string text) => IPEndPoint.TryParse(text, out var endpoint) && endpoint.Port > 0;

    private static bool IsPlainPath(string text) => IsPlain(text.Replace("/", "", StringComparison.Ordinal));

    // What a shell would have to be told in quotes is left out: names and paths are put into command lines there.
    private static bool IsPlain(string text) => text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
}
