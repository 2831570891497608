using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Engine.Tests;

/// <summary>The house rules that a compiler does not know: who may refer to whom, and what the pure core may touch.</summary>
public sealed class HouseTests
{
    private static readonly string[] ImpureNamespaces =
        ["System.IO", "System.Net", "System.Threading.Tasks", "System.Diagnostics", "System.Timers", "Microsoft.Win32", "System.Runtime.InteropServices.Marshalling"];

    private static readonly string[] ImpureTypes =
        ["System.Random", "System.Console", "System.TimeProvider", "System.Threading.Thread", "System.Threading.Timer", "System.Threading.ThreadPool"];

    private static readonly string[] ImpureMembers =
        ["System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow", "System.Guid.NewGuid"];

    [Fact]
    public void Core_IsPure()
    {
        using var file = new Assembly("Engine.Core");

        Assert.Equal([], file.References.Where(name => !name.StartsWith("System.", StringComparison.Ordinal)));
        Assert.Equal([], file.Types.Where(IsImpure));
        Assert.Equal([], file.Members.Where(IsImpureMember));
    }

    [Theory]
    [InlineData("Engine.Protocol", "Engine.Core")]
    [InlineData("Engine.Storage", "Engine.Core", "Engine.Protocol")]
    [InlineData("Engine.Broker", "Engine.Core", "Engine.Protocol", "Engine.Storage")]
    [InlineData("Engine.Simulation", "Engine.Core")]
    public void Engine_RefersDownwardsOnlyAndToNoPackage(string assembly, params string[] allowed)
    {
        using var file = new Assembly(assembly);
        var foreign = file.References.Where(name => !name.StartsWith("System.", StringComparison.Ordinal) && name != "Microsoft.Win32.Primitives");
        Assert.Equal([], foreign.Except(allowed));
    }

    /// <summary>A check of the check: a type that the rules forbid is found where it is used.</summary>
    [Fact]
    public void Core_Rules_FindWhatTheBrokerUses()
    {
        using var broker = new Assembly("Engine.Broker");
        Assert.Contains(broker.Types, IsImpure);
    }

    // What attributes and the compiler's own iterators refer to says nothing about the code.
    private static bool IsImpure(string type) =>
        ImpureTypes.Contains(type) || (ImpureNamespaces.Any(space => type.StartsWith(space + ".", StringComparison.Ordinal))
            && !type.StartsWith("System.Diagnostics.CodeAnalysis.", StringComparison.Ordinal) && !type.StartsWith("System.Diagnostics.Debug", StringComparison.Ordinal));

    private static bool IsImpureMember(string member) =>
        ImpureMembers.Contains(member)
        || (member.StartsWith("System.Environment.", StringComparison.Ordinal) && member != "System.Environment.get_CurrentManagedThreadId");

    private sealed class Assembly : IDisposable
    {
        private readonly PEReader _file;
        private readonly MetadataReader _metadata;

        public Assembly(string name)
        {
            _file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll")));
            _metadata = _file.GetMetadataReader();
        }

        public IEnumerable<string> References => _metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name));

        public IEnumerable<string> Types => _metadata.TypeReferences.Select(handle => Name(_metadata.GetTypeReference(handle)));

        public IEnumerable<string> Members =>
            from handle in _metadata.MemberReferences
            let member = _metadata.GetMemberReference(handle)
            where member.Parent.Kind == HandleKind.TypeReference
            select Name(_metadata.GetTypeReference((TypeReferenceHandle)member.Parent)) + "." + _metadata.GetString(member.Name);

        public void Dispose() => _file.Dispose();

        private string Name(TypeReference type) => _metadata.GetString(type.Namespace) + "." + _metadata.GetString(type.Name);
    }
}
