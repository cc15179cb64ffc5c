using System.Security.Cryptography;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// A database password that is made once and kept in a file only its owner reads. Without one every user of the machine
/// would be the cluster's superuser through the loopback port.
/// </summary>
static class KeptPassword
{
    /// <summary>The file's password; a new one, and true, where there was none.</summary>
    public static async Task<(string Password, bool IsNew)> ReadOrCreateAsync(
        string path, CancellationToken cancellation)
    {
        if (File.Exists(path) && (await File.ReadAllTextAsync(path, cancellation)).Trim() is { Length: > 0 } kept)
            return (kept, false);
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(path, options);
        await writer.WriteLineAsync(password);
        return (password, true);
    }
}
