using System.Globalization;

namespace EdgeRooms.Postgres.Local;

/// <summary>
/// One process at a time in a data directory: a file held open without sharing (flock on Unix), which the system lets
/// go when the process dies, however it dies. Who holds it stands in a second file, since Windows shares nothing of the
/// first.
/// </summary>
sealed class DirectoryLock : IDisposable
{
    const string LockName = "postgres.lock";
    const string HolderName = "postgres.lock.holder";

    const int LinuxWouldBlock = 11;
    const int MacWouldBlock = 35;
    const int WindowsSharingViolation = unchecked((int)0x80070020);

    readonly FileStream _file;

    DirectoryLock(FileStream file) => _file = file;

    /// <summary>
    /// Throws <see cref="LocalPostgresException"/> naming the holder where another process has it. Makes the folder
    /// where need be.
    /// </summary>
    public static DirectoryLock Take(string directory)
    {
        var holder = Path.Combine(directory, HolderName);
        try
        {
            ClusterPlace.CreateForAll(directory);
            var file = new FileStream(
                Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var since = DateTimeOffset.Now.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            File.WriteAllText(holder, $"process {Environment.ProcessId} (since {since})");
            return new(file);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new LocalPostgresException(
                $"The data directory {directory} belongs to another user. Give this server a folder of its own with "
                + "EdgeRooms__DataDirectory.", e);
        }
        catch (IOException e) when (e.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            throw new LocalPostgresException(
                $"The data directory {directory} is in use by {ReadHolder(holder)}. Stop that server first, "
                + "or give this one a folder of its own with EdgeRooms__DataDirectory.", e);
        }
        catch (IOException e)
        {
            throw new LocalPostgresException(
                $"The data directory {directory} cannot be used ({e.Message}). "
                + "Set EdgeRooms__DataDirectory to another folder.", e);
        }
    }

    /// <summary>Lets go. The files stay: deleting them would let two processes lock two files of one name.</summary>
    public void Dispose() => _file.Dispose();

    static string ReadHolder(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "another process";
        }
    }
}
