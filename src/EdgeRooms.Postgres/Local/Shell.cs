namespace EdgeRooms.Postgres.Local;

/// <summary>Quoting for <c>/bin/sh</c>, and for cmd where pg_ctl builds its command line for that.</summary>
static class Shell
{
    public static string Quote(string text) =>
        OperatingSystem.IsWindows()
            ? $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
