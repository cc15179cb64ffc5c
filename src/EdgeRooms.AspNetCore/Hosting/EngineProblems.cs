namespace EdgeRooms.AspNetCore.Hosting;

/// <summary>Ranges of <see cref="EdgeRoomsOptions"/>, as its summaries say them; also for options set by code.</summary>
static class EngineProblems
{
    const int KiB = 1024;
    const int MiB = 1024 * KiB;
    const int NodeNameLengthMax = 128;

    public static void Find(EdgeRoomsOptions options, ProblemList problems)
    {
        if (options.NodeName is { Length: > 0 } name && (name.Length > NodeNameLengthMax || name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))))
        {
            problems.Add("NodeName", $"A node's name has 1 to {NodeNameLengthMax} characters, none of them a space.");
        }

        Limits(options.Limits, problems);
        Engine(options.Engine, problems);
        foreach (var (kind, configured) in options.Rooms.OrderBy(k => k.Key, StringComparer.Ordinal))
        {
            Kind(kind, configured, problems);
        }
    }

    static void Limits(LimitOptions o, ProblemList problems)
    {
        problems.Range("Limits:CommandsPerSecond", o.CommandsPerSecond, 1, 10_000_000);
        problems.Range("Limits:CommandBurst", o.CommandBurst, 1, 10_000_000);
        problems.Range("Limits:FrameBytes", o.FrameBytes, KiB, 16 * MiB);
        problems.Range("Limits:RoomsPerConnection", o.RoomsPerConnection, 1, 10_000);
        problems.Range("Limits:ConnectionsPerUser", o.ConnectionsPerUser, 1, 1_000_000);
        problems.Range("Limits:NewRoomsPerUserPerHour", o.NewRoomsPerUserPerHour, 0, int.MaxValue);
        problems.Range("Limits:AuthenticationSeconds", o.AuthenticationSeconds, 1, 60);
        problems.Range("Limits:BadFramesInARow", o.BadFramesInARow, 1, 1000);
        problems.Range("Limits:PingSeconds", o.PingSeconds, 1.0, 3600.0);
        problems.Range("Limits:PongSeconds", o.PongSeconds, 0.1, 600.0);
        problems.Range("Limits:DrainSeconds", o.DrainSeconds, 1.0, 600.0);
        problems.Range("Limits:OutboundBytes", o.OutboundBytes, 16 * KiB, 64 * MiB);
        problems.Range("Limits:UnansweredBytes", o.UnansweredBytes, 64 * KiB, 64 * MiB);
        problems.Range("Limits:UnansweredCommands", o.UnansweredCommands, 1, 256);
        problems.Range("Limits:ResumeEvents", o.ResumeEvents, 100, 10_000_000);
    }

    static void Engine(EngineOptions o, ProblemList problems)
    {
        problems.Range("Engine:RequestTimeout", o.RequestTimeout, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(60));
        problems.Range("Engine:HandlerTimeout", o.HandlerTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(5));
        problems.Range("Engine:Grace", o.Grace, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        problems.Range("Engine:InboxLength", o.InboxLength, 16, 65_536);
        problems.Range("Engine:HeldTurns", o.HeldTurns, 1, 4096);
        problems.Range("Engine:HeldBytes", o.HeldBytes, 64 * KiB, 64 * MiB);
        problems.Range("Engine:TailEvents", o.TailEvents, 0, 65_536);
        problems.Range("Engine:TailBytes", o.TailBytes, 0, 64 * MiB);
        problems.Range("Engine:AllTailBytes", o.AllTailBytes, MiB, 1024L * 1024 * MiB);
        problems.Range("Engine:WriterLanes", o.WriterLanes, 1, 8);
        problems.Range("Engine:BatchRooms", o.BatchRooms, 1, 1024);
        problems.Range("Engine:BatchBytes", o.BatchBytes, 64 * KiB, 16 * MiB);
        problems.Range("Engine:LinkBytes", o.LinkBytes, 64 * 1024, 256 * 1024 * 1024);
        problems.Range("Engine:WriterQueue", o.WriterQueue, 256, 1_048_576);
        problems.Range("Engine:SessionsPerRoom", o.SessionsPerRoom, 16, 16_384);
        problems.Range("Engine:KeysPerRoom", o.KeysPerRoom, 16, 65_536);
    }

    static void Kind(string kind, ConfiguredKind o, ProblemList problems)
    {
        if (!RoomId.IsKind(kind))
        {
            problems.Add($"Rooms:{kind}", "This is no kind's name. It has 1 to 32 of a-z, 0-9 and '-', and begins with a letter.");
        }

        if (o.Use is not ("relay" or "doc"))
        {
            problems.Add(
                $"Rooms:{kind}:Use", o.Use.Length == 0 ? "It is missing. Give relay or doc." : $"'{o.Use}' is not known. Give relay or doc.");
        }

        problems.Range($"Rooms:{kind}:SnapshotEvery", o.SnapshotEvery, 10, 100_000);
        problems.Range($"Rooms:{kind}:IdleSeconds", o.IdleSeconds, 1, 86_400);
        problems.Range($"Rooms:{kind}:MaxMembers", o.MaxMembers, 1, 100_000);
        problems.Range($"Rooms:{kind}:RetainEvents", o.RetainEvents, 1000, long.MaxValue);
    }
}
