using System.Text;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// The one error where no Postgres could be had: what was tried, and what can be done on this system.
/// </summary>
static class PostgresChoices
{
    /// <summary>The way to install Postgres by hand on this system.</summary>
    public static string InstallHint()
    {
        if (OperatingSystem.IsWindows())
        {
            return "install it: winget install PostgreSQL.PostgreSQL.17, "
                + "or the installer from https://www.postgresql.org/download/windows";
        }
        return OperatingSystem.IsMacOS()
            ? "install it: brew install postgresql@17"
            : HintFor(tool => File.Exists($"/usr/bin/{tool}") || File.Exists($"/sbin/{tool}"));
    }

    /// <summary>The hint of a Linux by its package tool.</summary>
    public static string HintFor(Func<string, bool> hasTool)
    {
        if (hasTool("apt-get"))
            return "install it: sudo apt-get install postgresql";
        if (hasTool("dnf"))
            return "install it: sudo dnf install postgresql-server";
        if (hasTool("zypper"))
            return "install it: sudo zypper install postgresql-server";
        if (hasTool("pacman"))
            return "install it: sudo pacman -S postgresql";
        return hasTool("apk")
            ? "install it: apk add postgresql17"
            : "install the Postgres server with your system's package tool";
    }

    public static LocalPostgresException ErrorFor(IReadOnlyList<string> tried, string installHint)
    {
        var text = new StringBuilder("The rooms need Postgres, and none could be had:\n");
        foreach (var reason in tried)
            text.Append($"  - {reason}\n");
        text.Append("Choose one of these and start again:\n");
        text.Append($"  - {installHint}\n");
        text.Append($"    (nothing to configure; elsewhere set {MachinePlaces.ConfiguredVariable} to its bin)\n");
        text.Append("  - start Docker; a container with a volume of its own is then used\n");
        text.Append("  - use a server of yours: EdgeRooms__Postgres=\"Host=…;Username=…;Database=…\"\n");
        text.Append("  - let the programs be downloaded: start the server with --download-postgres");
        return new(text.ToString());
    }
}
