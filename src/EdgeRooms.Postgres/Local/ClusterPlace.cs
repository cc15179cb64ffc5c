namespace EdgeRooms.Postgres.Local;

/// <summary>
/// Prepares the folder of a cluster for the user Postgres will run as. Under a data directory that user cannot enter
/// (root's home is mode 700) the cluster moves to <c>/var/lib/edgerooms</c>, under a name that is always the same for
/// one data directory.
/// </summary>
static class ClusterPlace
{
    const string SystemState = "/var/lib/edgerooms";

    const UnixFileMode EnteredByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>The folder, which exists then, and the user to drop to (null where this process is not root).</summary>
    public static async Task<(ClusterFolder Folder, DroppedUser? User)> PrepareAsync(
        string dataDirectory, IProgress<string> progress, CancellationToken cancellation)
    {
        var wanted = new ClusterFolder(Path.Combine(dataDirectory, "postgres"));
        if (DroppedUser.ForThisProcess() is not { } user)
        {
            CreateOwnersOnly(wanted.Root);
            return (wanted, null);
        }

        if (await TryGiveAsync(wanted, user, cancellation) is { } owner)
            return (wanted, owner);

        var other = new ClusterFolder(Path.Combine(SystemState, ClusterFolder.NameFor(dataDirectory), "postgres"));
        progress.Report(
            $"Postgres: user '{user.Name}' may not enter {dataDirectory}; the cluster is in {other.Root} instead");
        CreateForAll(SystemState);
        CreateForAll(Path.GetDirectoryName(other.Root)!); // has a parent: it was just put together
        if (await TryGiveAsync(other, user, cancellation) is { } otherOwner)
            return (other, otherOwner);
        throw new LocalPostgresException(
            $"Postgres refuses to run as root, and user '{user.Name}' may enter neither {wanted.Root} "
            + $"nor {other.Root}. Set EdgeRooms__DataDirectory to a folder that every user may enter.");
    }

    /// <summary>Makes a folder that every user may enter; leaves one that exists as it is.</summary>
    public static void CreateForAll(string folder)
    {
        if (Directory.Exists(folder))
            return;
        Directory.CreateDirectory(folder);
        // Root's umask may be 077; a folder just made here is ours to open.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder, EnteredByAll);
    }

    static async Task<DroppedUser?> TryGiveAsync(ClusterFolder folder, DroppedUser user, CancellationToken cancellation)
    {
        CreateOwnersOnly(folder.Root);
        var owner = await user.OrOwnerOfAsync(folder.Root, cancellation);
        if (await owner.CanWriteAsync(folder.Root, cancellation))
            return owner;
        await owner.OwnAsync(folder.Root, cancellation);
        if (await owner.CanWriteAsync(folder.Root, cancellation))
            return owner;
        if (!Directory.EnumerateFileSystemEntries(folder.Root).Any())
            Directory.Delete(folder.Root);
        return null;
    }

    static void CreateOwnersOnly(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else if (!Directory.Exists(folder))
            Directory.CreateDirectory(folder, OwnersOnly);
    }
}
