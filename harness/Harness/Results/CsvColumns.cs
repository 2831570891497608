using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Harness.Results;

/// <summary>The columns of a record type: one a property, camelCase, in order of declaration.</summary>
/// <remarks>Only what the tables of a result folder hold: text, numbers, true/false, moments, and their nullables (an empty
/// field). A column missing in the file leaves its property at the type's default and an unknown one is skipped, so that older
/// and newer folders stay readable.</remarks>
internal static class CsvColumns<T>
    where T : class
{
    private static readonly PropertyInfo[] Columns =
        [.. typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && IsPlain(p.PropertyType))];

    public static IEnumerable<string> Headers { get; } = [.. Columns.Select(Header)];

    /// <summary>The fields of a row; all empty for none.</summary>
    public static IEnumerable<string> Texts(T? row) => Columns.Select(column => row is null ? "" : Text(column.GetValue(row)));

    /// <param name="field">The text of a column by its header; null when the file has no such column.</param>
    public static T Read(Func<string, string?> field)
    {
        // Properties are init-only and partly required: made bare and filled here, as a serializer would.
        var row = (T)RuntimeHelpers.GetUninitializedObject(typeof(T));
        foreach (var column in Columns)
            column.SetValue(row, Value(field(Header(column)) ?? "", column.PropertyType, Header(column)));
        return row;
    }

    private static string Header(PropertyInfo property) => char.ToLowerInvariant(property.Name[0]) + property.Name[1..];

    private static bool IsPlain(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) || plain == typeof(double) || plain == typeof(long) || plain == typeof(int)
            || plain == typeof(bool) || plain == typeof(DateTimeOffset);
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        DateTimeOffset moment => moment.ToString("O", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static object? Value(string text, Type type, string header)
    {
        if (type == typeof(string)) return text;

        var plain = Nullable.GetUnderlyingType(type);
        if (text.Length == 0) return plain is null ? Activator.CreateInstance(type) : null;

        try
        {
            return (plain ?? type) == typeof(DateTimeOffset)
                ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind)
                : Convert.ChangeType(text, plain ?? type, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw new ResultException($"column {header} holds '{text}', which is not a {(plain ?? type).Name}.", e);
        }
    }
}
