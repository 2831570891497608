using System.Globalization;

namespace Engine.Broker;

/// <summary>The node's own log: lines on standard error, for people. Never on a hot path.</summary>
internal static class NodeLog
{
    public static void Info(string message) => Write("info", message);

    public static void Warn(string message) => Write("warn", message);

    public static void Error(string message) => Write("error", message);

    private static void Write(string level, string message) =>
        Console.Error.WriteLine($"{DateTime.UtcNow.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {level,-5} {message}");
}
