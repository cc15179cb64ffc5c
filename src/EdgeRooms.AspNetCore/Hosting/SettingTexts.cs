using System.ComponentModel;
using System.Reflection;

using Microsoft.Extensions.Configuration;

namespace EdgeRooms.AspNetCore.Hosting;

/// <summary>
/// Finds settings whose text is not of their option's type. The configuration binder throws at the first of them, so they are found
/// beforehand and taken out, and everything else can still be checked.
/// </summary>
static class SettingTexts
{
    /// <summary>Adds the problems and returns the section without the settings that have one.</summary>
    public static IConfiguration WithoutUnreadable(IConfigurationSection section, ProblemList problems, params ReadOnlySpan<Type> types)
    {
        var unreadable = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var type in types)
        {
            Find(section, type, problems, section.Path.Length + 1, unreadable);
        }

        return new ConfigurationBuilder()
            .AddInMemoryCollection(section.AsEnumerable().Where(s => !unreadable.Contains(s.Key)))
            .Build()
            .GetSection(section.Path);
    }

    static void Find(IConfigurationSection section, Type type, ProblemList problems, int prefixLength, HashSet<string> unreadable)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var child = section.GetSection(property.Name);
            if (!child.Exists())
            {
                continue;
            }

            var optionType = property.PropertyType;
            if (optionType == typeof(Dictionary<string, ConfiguredKind>))
            {
                foreach (var kind in child.GetChildren())
                {
                    Find(kind, typeof(ConfiguredKind), problems, prefixLength, unreadable);
                }
            }
            else if (optionType.Namespace?.StartsWith(nameof(EdgeRooms), StringComparison.Ordinal) == true && !optionType.IsEnum)
            {
                Find(child, optionType, problems, prefixLength, unreadable);
            }
            else if (child.Value is { } text && Problem(optionType, text) is { } problem && unreadable.Add(child.Path))
            {
                problems.Add(child.Path[prefixLength..], problem);
            }
        }
    }

    static string? Problem(Type optionType, string text)
    {
        var type = Nullable.GetUnderlyingType(optionType) ?? optionType;
        if (type == typeof(string) || (text.Length == 0 && type != optionType) || typeof(System.Collections.IEnumerable).IsAssignableFrom(type))
        {
            return null;
        }

        if (type.IsEnum)
        {
            return Enum.GetNames(type).Contains(text, StringComparer.OrdinalIgnoreCase)
                ? null
                : $"'{text}' is not known. Give {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}.";
        }

        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return $"'{text}' is not {Noun(type)}.";
        }
    }

    static string Noun(Type type) =>
        type == typeof(int) || type == typeof(long) ? "a whole number of this size"
        : type == typeof(double) ? "a number"
        : type == typeof(TimeSpan) ? "a time (hours:minutes:seconds)"
        : type == typeof(bool) ? "true or false"
        : $"a {type.Name}";
}
