using System.Runtime.InteropServices;

namespace Harness.Nodes;

/// <summary>The <c>dotnet</c> that runs this process, so that nodes run on the same runtime.</summary>
internal static class DotNetHost
{
    public static string Path { get; } = Find();

    private static string Find()
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/ -> <root>/dotnet
        var root = System.IO.Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..");
        var host = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, "dotnet"));
        return File.Exists(host) ? host : "dotnet";
    }
}
