using System.Security.Cryptography;
using System.Text;

namespace EdgeRooms.AspNetCore.Authentication;

/// <summary>
/// The secrets of a Development process, for tokens (HS256) and for <c>/admin</c>: made once and kept in the data directory, readable by its owner only,
/// so that they survive a restart.
/// </summary>
static class DevelopmentSecret
{
    public const string FileName = "auth-secret";
    public const string AdminFileName = "admin-token";

    /// <summary>The kept secret, or a new one. Two processes that start at once agree: the first file stays.</summary>
    public static string ReadOrCreate(string dataDirectory, string fileName = FileName)
    {
        string path = Path.Combine(dataDirectory, fileName);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(dataDirectory);
            Create(path);
        }

        string secret = File.ReadAllText(path).Trim();
        return Encoding.UTF8.GetByteCount(secret) >= SharedSecret.SecretBytesMin
            ? secret
            : throw new InvalidDataException(
                $"{path} holds no secret of at least {SharedSecret.SecretBytesMin} bytes. Delete it, and a new one is made.");
    }

    static void Create(string path)
    {
        string whole = $"{path}.{Guid.NewGuid():n}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new StreamWriter(whole, options))
        {
            file.Write(Convert.ToBase64String(RandomNumberGenerator.GetBytes(SharedSecret.SecretBytesMin)));
        }

        try
        {
            File.Move(whole, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(whole);
        }
    }
}
