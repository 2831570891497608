using System.Diagnostics.CodeAnalysis;

namespace Engine.Core.Cluster;

/// <summary>Which names a topic may have.</summary>
/// <remarks>Kafka's rules (its class <c>Topic</c>). Topic names become folder names: this keeps them in the data folder.</remarks>
public static class TopicName
{
    /// <summary>249 and not 255, a file name's limit: a folder's name is the topic's, '-' and up to five digits.</summary>
    public const int MaxLength = 249;

    /// <summary>What is wrong with the name, as the end of a sentence about it; null when nothing is.</summary>
    public static string? Problem(string? name)
    {
        if (string.IsNullOrEmpty(name)) return "is empty";
        if (name is "." or "..") return "is a folder's name for itself or its parent";
        if (name.Length > MaxLength) return $"is longer than {MaxLength} characters";
        return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
            ? null
            : "has characters other than ASCII letters, digits, '.', '_' and '-'";
    }

    /// <summary>Takes <c>a.b</c> and <c>a_b</c> for one name: Kafka's metric names turn the dot into an underscore.</summary>
    public static readonly IEqualityComparer<string> CollisionComparer = new DotIsUnderscore();

    private sealed class DotIsUnderscore : IEqualityComparer<string>
    {
        public bool Equals(string? left, string? right)
        {
            if (left is null || right is null || left.Length != right.Length) return ReferenceEquals(left, right);

            for (var i = 0; i < left.Length; i++)
                if (Plain(left[i]) != Plain(right[i])) return false;
            return true;
        }

        // FNV-1a, and not string's own hash, which differs in every process: states must replay alike everywhere.
        public int GetHashCode([DisallowNull] string name)
        {
            var hash = 2166136261;
            foreach (var c in name) hash = (hash ^ Plain(c)) * 16777619;
            return (int)hash;
        }

        private static char Plain(char c) => c == '.' ? '_' : c;
    }
}
