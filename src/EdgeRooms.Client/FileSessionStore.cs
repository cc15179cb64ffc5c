namespace EdgeRooms.Client;

/// <summary>
/// Keeps a session in a folder, one small file a room, for one process at a time. It outlives the process however that ends. After a crash of the machine the last
/// moments may be missing: delete the folder then, or a command could be taken for an earlier one and go lost.
/// </summary>
public sealed class FileSessionStore : ISessionStore, IDisposable
{
    readonly string _folder;
    readonly FileStream _lock;

    /// <summary>Makes the folder where it is missing, for this user only.</summary>
    /// <exception cref="IOException">Another process uses it.</exception>
    public FileSessionStore(string folder)
    {
        _folder = Path.GetFullPath(folder);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(_folder);
        }
        else
        {
            Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        _lock = new FileStream(Path.Combine(_folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
    }

    /// <inheritdoc/>
    public string? Get(string key)
    {
        string path = PathOf(key);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    /// <inheritdoc/>
    public void Set(string key, string text)
    {
        string path = PathOf(key);
        File.WriteAllText(path + ".new", text);
        File.Move(path + ".new", path, overwrite: true); // whole or not at all
    }

    /// <inheritdoc/>
    public void Remove(string key) => File.Delete(PathOf(key));

    /// <summary>Another process may use the folder. The client that used it must have been disposed of.</summary>
    public void Dispose() => _lock.Dispose();

    string PathOf(string key) => Path.Combine(_folder, Uri.EscapeDataString(key) + ".json");
}
