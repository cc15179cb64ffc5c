namespace EdgeRooms.Postgres.Local;

/// <summary>
/// The unprivileged user that Postgres runs as where this process is root, since Postgres refuses to run as root. Not
/// needed on Windows: <c>pg_ctl</c> and <c>initdb</c> drop an administrator's rights by themselves there.
/// </summary>
sealed record DroppedUser(string Name, string UserId, string GroupId)
{
    static readonly string[] Preferred = ["postgres", "nobody"];

    /// <summary>Null where this process is not root and Postgres runs as the same user.</summary>
    public static DroppedUser? ForThisProcess() =>
        OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess ? null : Choose(File.ReadLines("/etc/passwd"));

    /// <summary>The first of postgres and nobody (or whoever has its number, 65534) in a passwd file.</summary>
    public static DroppedUser Choose(IEnumerable<string> passwd)
    {
        var users = passwd.Select(Parse).OfType<DroppedUser>().ToList();
        return Preferred.Select(name => users.Find(u => u.Name == name)).FirstOrDefault(u => u is not null)
            ?? users.Find(u => u.UserId == "65534")
            ?? throw new LocalPostgresException(
                "Postgres refuses to run as root, and this system has no user 'postgres' or 'nobody' to run it as. "
                + "Create one (useradd --system postgres), run the server as an ordinary user, "
                + "or set EdgeRooms__Postgres to a connection string.");
    }

    /// <summary>
    /// The user that owns an existing cluster, so that a cluster made by an ordinary user is not taken from him when
    /// root starts the server once; this user where there is none yet.
    /// </summary>
    public async Task<DroppedUser> OrOwnerOfAsync(string path, CancellationToken cancellation)
    {
        if (!Directory.Exists(path))
            return this;
        string[] format = OperatingSystem.IsLinux() ? ["-c", "%u"] : ["-f", "%u"];
        var stat = await new Command("stat", [.. format, path]).RunAsync(cancellation);
        var owner = stat.OrThrow($"stat {path}").Output.Trim();
        return owner is "0" || owner == UserId
            ? this
            : File.ReadLines("/etc/passwd").Select(Parse).FirstOrDefault(u => u?.UserId == owner) ?? this;
    }

    /// <summary>The command as this user: by setpriv where it can (util-linux), else by su (macOS, BusyBox).</summary>
    public async Task<Command> WrapAsync(Command command, CancellationToken cancellation) =>
        await CanSetprivAsync(cancellation) ? BySetpriv(command) : BySu(command);

    /// <summary>
    /// Whether this user may enter the folder and write there; a home of mode 700 on the way forbids it.
    /// </summary>
    public async Task<bool> CanWriteAsync(string directory, CancellationToken cancellation)
    {
        var test = await WrapAsync(new("/bin/sh", ["-c", "test -w \"$0\" && test -x \"$0\"", directory]), cancellation);
        return (await test.RunAsync(cancellation)).IsSuccess;
    }

    /// <summary>Gives a folder, and what is in it, to this user.</summary>
    public async Task OwnAsync(string path, CancellationToken cancellation) =>
        (await new Command("chown", ["-R", $"{UserId}:{GroupId}", path]).RunAsync(cancellation))
            .OrThrow($"chown {path}");

    public Command BySetpriv(Command command) => new(
        "setpriv",
        [$"--reuid={UserId}", $"--regid={GroupId}", "--clear-groups", "--", command.Program, .. command.Arguments]);

    public Command BySu(Command command) => new(
        "su",
        [
            "-s", "/bin/sh", Name,
            "-c", string.Join(' ', command.Arguments.Prepend(command.Program).Select(Shell.Quote)),
        ]);

    async Task<bool> CanSetprivAsync(CancellationToken cancellation)
    {
        try
        {
            return (await BySetpriv(new("/bin/true", [])).RunAsync(cancellation)).IsSuccess
                || (await BySetpriv(new("/usr/bin/true", [])).RunAsync(cancellation)).IsSuccess;
        }
        catch (LocalPostgresException)
        {
            return false;
        }
    }

    static DroppedUser? Parse(string line) =>
        line.Split(':') is [var name, _, var user, var group, ..] ? new(name, user, group) : null;
}
