using System.Globalization;
using System.Numerics;

namespace EdgeRooms.AspNetCore.Hosting;

/// <summary>Wrong settings as lines <c>setting name: sentence</c>, the name written as its environment variable.</summary>
sealed class ProblemList(string prefix)
{
    readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Adds a problem of a setting below the prefix; its name as in configuration, with colons.</summary>
    public void Add(string setting, string sentence) => AddNamed($"{prefix}:{setting}".Replace(":", "__", StringComparison.Ordinal), sentence);

    public void AddNamed(string name, string sentence) => _lines.Add($"{name}: {sentence}");

    public void Range<T>(string setting, T? value, T min, T max)
        where T : struct, INumber<T>
    {
        if (value is { } number && !(number >= min && number <= max))
        {
            Add(setting, $"{number} is out of range. Give {Text(min)} to {Text(max)}.");
        }
    }

    public void Range(string setting, TimeSpan value, TimeSpan min, TimeSpan max)
    {
        if (value < min || value > max)
        {
            Add(setting, $"{value:c} is out of range. Give {min:c} to {max:c} (hours:minutes:seconds).");
        }
    }

    static string Text<T>(T number)
        where T : INumber<T> => number.ToString("#,0.###", CultureInfo.InvariantCulture);
}
