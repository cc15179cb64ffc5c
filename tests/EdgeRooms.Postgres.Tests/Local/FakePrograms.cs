using System.Runtime.Versioning;

namespace EdgeRooms.Postgres.Tests.Local;

/// <summary>Folders with programs that do nothing but tell a version.</summary>
[UnsupportedOSPlatform("windows")]
static class FakePrograms
{
    public static string Create(string folder, string version)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in new[] { "initdb", "pg_ctl", "postgres" })
            Script(Path.Combine(folder, name), $"echo '{name} (PostgreSQL) {version}'");
        return folder;
    }

    public static void Script(string path, string text)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{text}\n");
        File.SetUnixFileMode(
            path,
            UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }
}
