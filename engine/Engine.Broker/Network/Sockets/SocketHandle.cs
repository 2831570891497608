using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Network.Sockets;

/// <summary>Owns a descriptor and counts its users, so that it is closed, and its number reused, only when no call is under way.</summary>
internal sealed class SocketHandle : SafeHandleMinusOneIsInvalid
{
    public SocketHandle(int descriptor) : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number. The caller made sure that the handle is not disposed meanwhile, by being the one who does or by counting itself in.</summary>
    public int Descriptor => (int)handle;

    /// <summary>Wraps the result of a call that makes a descriptor.</summary>
    /// <exception cref="Win32Exception">The call had failed.</exception>
    public static SocketHandle Made(int descriptor) =>
        descriptor >= 0 ? new SocketHandle(descriptor) : throw new Win32Exception((int)LibC.LastError);

    protected override bool ReleaseHandle() => LibC.Close((int)handle) == 0;
}
